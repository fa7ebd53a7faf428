/**
 * Reads a client's frames as the hub does: the model hub is held to the hub's own refusals by the golden frames.
 */

import { bodyProblem } from '../../src/body.ts';
import { REACTIONS, STANDINGS } from '../../src/lesson-messages.ts';
import { POLL, RULES } from '../../src/lesson-shape.ts';
import type { ClientMessage } from '../../src/messages.ts';
import {
  fits,
  isAudience,
  isBoolean,
  isChannel,
  isCount,
  isFields,
  isIdentifier,
  isKind,
  isPosition,
  isSentKind,
  isText,
  optional,
  parseJson,
  type Fields,
  type Shape,
} from '../../src/shape.ts';

export type Understood =
  | { readonly message: ClientMessage }
  | { readonly refused: 'malformed' | 'unknown_type' | 'invalid_body'; readonly id: number | null };

const DEPTH_MAX = 8;
const LAST_MAX = 100;

function depth(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depth));
}

function isFrom(value: unknown): boolean {
  if (value === 'now') return true;
  if (!isFields(value)) return false;
  const last = value['last'];
  return isPosition(value['position']) || (isCount(last) && last >= 1 && last <= LAST_MAX);
}

const AT: Shape = { at: isPosition };
const ACCOUNT: Shape = { account: optional(isIdentifier) };
const PASSING = ['raise', 'lower', 'call', 'vote', 'upvote', 'react', 'presence'];
const DEEDS: Readonly<Record<string, Shape>> = {
  start: { title: optional(isText) },
  end: {},
  rule: RULES,
  mute: ACCOUNT,
  unmute: ACCOUNT,
  pin: AT,
  unpin: {},
  settle: { ...AT, standing: (value) => STANDINGS.some((word) => word === value) },
  judge: { ...AT, approved: isBoolean },
  open_poll: POLL,
  close_poll: { poll: isIdentifier },
  delete: AT,
  report: AT,
  raise: { hand: optional(isIdentifier) },
  lower: ACCOUNT,
  call: { account: isIdentifier },
  vote: { poll: isIdentifier, choice: isCount },
  upvote: { ...AT, up: isBoolean },
  react: { reaction: (value) => REACTIONS.some((word) => word === value) },
  presence: {},
};

const REST: Readonly<Record<string, (fields: Fields) => boolean>> = {
  subscribe: ({ id, channel, from }) => isCount(id) && isChannel(channel) && isFrom(from),
  unsubscribe: ({ id, channel }) => isCount(id) && isChannel(channel),
  publish: ({ id, channel, kind, message_id, audience, body }) =>
    isCount(id) &&
    isChannel(channel) &&
    isKind(kind) &&
    isIdentifier(message_id) &&
    (audience === undefined || isAudience(audience)) &&
    body !== undefined,
  lesson: ({ id, channel, message_id, do: deed, ...rest }) =>
    isCount(id) &&
    isChannel(channel) &&
    isText(deed) &&
    Object.hasOwn(DEEDS, deed) &&
    fits(rest, DEEDS[deed]!) &&
    (PASSING.includes(deed)
      ? message_id === undefined || isIdentifier(message_id)
      : isIdentifier(message_id)),
  acknowledge: ({ channel, position }) => isChannel(channel) && isPosition(position),
  ping: ({ id }) => isCount(id),
  refresh: ({ id, token }) => isCount(id) && isText(token),
  visibility: ({ hidden }) => typeof hidden === 'boolean',
};

export function understand(text: string): Understood {
  const value = parseJson(text);
  const numbered = isFields(value) && (value['id'] === undefined || isCount(value['id']));
  if (!isFields(value) || !numbered || !isText(value['type']) || depth(value) > DEPTH_MAX) {
    return { refused: 'malformed', id: null };
  }
  const id = isCount(value['id']) ? value['id'] : null;
  const rest = Object.hasOwn(REST, value['type']) ? REST[value['type']] : undefined;
  if (!rest) return { refused: 'unknown_type', id };
  if (!rest(value)) return { refused: 'malformed', id };
  if (value['type'] === 'publish') {
    const isRefused = !isSentKind(value['kind']) || bodyProblem(value['kind'], value['body']);
    if (isRefused) return { refused: 'invalid_body', id };
  }
  return { message: value as unknown as ClientMessage };
}
