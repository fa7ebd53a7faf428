/**
 * Reads a client's frames as the hub does: the model hub is held to the hub's own refusals by the golden frames.
 */

import { bodyProblem } from '../../src/body.ts';
import type { ClientMessage } from '../../src/messages.ts';
import {
  isAudience,
  isChannel,
  isCount,
  isFields,
  isIdentifier,
  isKind,
  isPosition,
  isSentKind,
  isText,
  parseJson,
  type Fields,
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
