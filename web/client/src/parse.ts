/**
 * Reads the hub's frames into types that can't be wrong.
 *
 * Unknown fields are ignored. An unknown type is `unknown`, so that the hub may learn new messages first, and so is a message
 * that says a word of a later hub where this version has a list of words; a known type of the wrong shape is `malformed`, and
 * whoever reads it can't go on as if nothing were missing.
 */

import { isEvent, LESSON_SHAPES } from './lesson-shape.ts';
import { isSaid } from './said.ts';
import type { Limits, Publication, ServerMessage } from './messages.ts';
import {
  fits,
  isAudience,
  isBoolean,
  isChannel,
  isCount,
  isFields,
  isIdentifier,
  isKind,
  isLoadLevel,
  isPosition,
  isRole,
  isText,
  optional,
  orNull,
  parseJson,
  withLaterWords,
  type Fields,
  type Shape,
} from './shape.ts';

/** What a text of the hub turned out to be. */
export type Parsed =
  | { readonly outcome: 'message'; readonly message: ServerMessage }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'malformed' };

const LIMITS: Readonly<Record<keyof Limits, typeof isCount>> = {
  message_bytes: isCount,
  subscriptions: isCount,
  last: isCount,
  messages_per_second: isCount,
  publishes_per_second: isCount,
  heartbeat_ms: isCount,
  idle_ms: isCount,
};

const ANSWER: Shape = { id: isCount, channel: isChannel, position: isPosition };

const SHAPES: Readonly<Record<Exclude<ServerMessage['type'], 'publication'>, Shape>> = {
  welcome: {
    protocol: isText,
    session: isCount,
    account: isIdentifier,
    role: isRole,
    server_time: isCount,
    school_time: isCount,
    token_expires_at: isCount,
    lease_expires_at: optional(isCount),
    resume: optional(isText),
    // A level of a later hub is no reason to stay outside.
    load: optional(isCount),
    limits: (value) => fits(value, LIMITS),
  },
  resumed: ANSWER,
  fresh: ANSWER,
  // Whatever the reason is: what is held is to be discarded.
  reset: { ...ANSWER, why: isText },
  unsubscribed: { id: optional(isCount), channel: isChannel },
  published: { ...ANSWER, message_id: isIdentifier, duplicate: isBoolean },
  scheduled: {
    id: isCount,
    channel: isChannel,
    message_id: isIdentifier,
    deliver_at: isCount,
    duplicate: isBoolean,
  },
  held: { ...ANSWER, message_id: isIdentifier, duplicate: isBoolean },
  done: { id: isCount },
  ...LESSON_SHAPES,
  behind: { channel: isChannel },
  caught_up: { channel: isChannel, position: isPosition },
  marked: {
    channel: isChannel,
    mark: orNull((value) => fits(value, { item: isIdentifier, done_at: orNull(isCount) })),
  },
  load: { level: isLoadLevel },
  pong: { id: isCount, server_time: isCount, school_time: isCount },
  refreshed: {
    id: isCount,
    token_expires_at: isCount,
    lease_expires_at: optional(isCount),
    resume: optional(isText),
  },
  error: { id: optional(isCount), code: isText, message: isText, retry_after_ms: optional(isCount) },
};

const PUBLICATION: Shape = {
  channel: isChannel,
  position: isPosition,
  kind: isKind,
  author: isIdentifier,
  message_id: isIdentifier,
  audience: isAudience,
  published_at: isCount,
  urgent: optional(isBoolean),
  body: isFields,
};

/** A publication as a frame carries it, and as history answers it. */
export function isPublication(value: unknown): value is Publication {
  return fits(value, PUBLICATION) && isKind(value['kind']) && isSaid(value['kind'], value['body']);
}

/** Whether it is of a kind of a later version, or about something that happens to lessons in one. */
function isLater({ kind, body }: Fields): boolean {
  if (kind !== 'lesson') return isText(kind) && !isKind(kind);
  return isFields(body) && isText(body['event']) && !isEvent(body['event']);
}

/** Reads one text frame. */
export function parseServerMessage(text: string): Parsed {
  return readServerMessage(parseJson(text));
}

/** Reads what one text frame holds. */
export function readServerMessage(value: unknown): Parsed {
  if (!isFields(value) || !isText(value['type'])) return { outcome: 'malformed' };
  const type = value['type'];
  const isPublished = type === 'publication';
  if (isPublished ? isLater(value) : !Object.hasOwn(SHAPES, type)) return { outcome: 'unknown' };
  const shape = isPublished ? undefined : SHAPES[type as keyof typeof SHAPES];
  const look = () => (shape ? fits(value, shape) : isPublication(value));
  if (look()) return accepted(value);
  return { outcome: withLaterWords(look) ? 'unknown' : 'malformed' };
}

function accepted(value: unknown): Parsed {
  // The guards above have looked at every field of this type.
  return { outcome: 'message', message: value as ServerMessage };
}
