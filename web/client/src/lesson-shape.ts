/** Whether what is said about lessons has the shape of `lesson-messages.ts`. */

import { MODES, SCALES, SHOWN, STANDINGS, type LessonBody, type LessonMessage } from './lesson-messages.ts';
import {
  fits,
  isBoolean,
  isChannel,
  isCount,
  isFields,
  isIdentifier,
  isListOf,
  isOneOf,
  isPosition,
  isText,
  optional,
  orNull,
  type Shape,
} from './shape.ts';

type Guard = Shape[string];

const oneOf =
  (words: readonly string[]): Guard =>
  (value) =>
    isOneOf(words, value);

const listOf =
  (guard: Guard): Guard =>
  (value) =>
    isListOf(value, (entry): entry is unknown => guard(entry));

/** Something with a number beside it. */
const counted = (guard: Guard): Guard =>
  listOf((entry) => Array.isArray(entry) && entry.length === 2 && guard(entry[0]) && isCount(entry[1]));

const isStanding = oneOf(STANDINGS);
const isAccounts = listOf(isIdentifier);
const isCounts = listOf(isCount);

export const RULES: Shape = {
  mode: oneOf(MODES),
  slow_s: isCount,
  moderated: isBoolean,
  reactions: isBoolean,
};

export const POLL: Shape = { poll: isIdentifier, scale: oneOf(SCALES), text: isText, shown: oneOf(SHOWN) };

export const PROPOSAL: Shape = {
  kind: oneOf(['post', 'question']),
  text: isText,
  links: optional(listOf(isText)),
  message_id: isIdentifier,
};

const HAPPENINGS: Readonly<Record<LessonBody['event'], Shape>> = {
  started: { title: isText },
  ended: {},
  rules: RULES,
  muted: { account: optional(isIdentifier) },
  unmuted: { account: optional(isIdentifier) },
  pinned: { at: isPosition },
  unpinned: {},
  question: { at: isPosition, standing: isStanding },
  rejected: { at: isPosition },
  poll_opened: POLL,
  poll_closed: { poll: isIdentifier, counts: optional(isCounts) },
  reported: { at: isPosition },
};

/** A word for what may happen to a lesson, of those that are known. */
export function isEvent(word: unknown): word is LessonBody['event'] {
  return isText(word) && Object.hasOwn(HAPPENINGS, word);
}

/** Whether it is something that happened to a lesson. */
export function isHappening(body: unknown): body is LessonBody {
  return isFields(body) && isEvent(body['event']) && fits(body, HAPPENINGS[body['event']]);
}

const LESSON: Shape = {
  since: isCount,
  by: isIdentifier,
  title: isText,
  ...RULES,
  muted_all: isBoolean,
  pinned: orNull(isPosition),
  poll: orNull((value) => fits(value, { ...POLL, open: isBoolean, counts: optional(isCounts) })),
  questions: listOf((value) => fits(value, { at: isPosition, standing: isStanding, upvotes: isCount })),
  muted: optional(isAccounts),
  proposals: optional(listOf(isPosition)),
  reports: optional(counted(isPosition)),
};

const HELD: Shape = {
  at: isPosition,
  kind: oneOf(['post', 'question']),
  text: isText,
  message_id: isIdentifier,
};

const VOTES: Shape = { poll: isIdentifier, voters: isCount, counts: optional(isCounts) };

/** What the hub tells about a lesson besides its log. */
export const LESSON_SHAPES: Readonly<Record<LessonMessage['type'], Shape>> = {
  lesson: { channel: isChannel, lesson: orNull((value) => fits(value, LESSON)) },
  mine: {
    channel: isChannel,
    muted: isBoolean,
    hand: orNull(isCount),
    vote: orNull(isCount),
    upvoted: listOf(isPosition),
    speak_at: orNull(isCount),
    known_since: isCount,
    held: listOf((value) => fits(value, HELD)),
  },
  pulse: {
    channel: isChannel,
    here: isCount,
    of: isCount,
    hands: isCount,
    raised: optional(isAccounts),
    called: orNull(isIdentifier),
    votes: orNull((value) => fits(value, VOTES)),
    // One that a later hub counts is left out by whoever tells them on.
    reactions: counted(isText),
    upvotes: counted(isPosition),
  },
  presence: {
    channel: isChannel,
    version: isCount,
    since: optional(isCount),
    here: isAccounts,
    gone: isAccounts,
  },
};
