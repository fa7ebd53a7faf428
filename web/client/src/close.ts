/**
 * The table of close codes: what a client does after each.
 *
 * The hundreds decide, so that a code of a later version is obeyed too: 40xx never, 41xx within the stated window, 42xx at
 * once. Of the codes below 4000 (RFC 6455 §7.4.1) the hub sends those in `TABLE`; the rest mean that the line broke.
 */

import { isCount, isFields, isText, parseJson } from './shape.ts';
import type { Cause } from './state.ts';

/** What to do after a close. */
export type Advice =
  /** Not before something else has changed. */
  | { readonly retry: 'never' }
  /** The token ended: once there is another. */
  | { readonly retry: 'new_token' }
  /** Outside the hours of this role: at this school time, in milliseconds since 1970, if the hub knows it. */
  | { readonly retry: 'suspended'; readonly opensAt: number | undefined }
  /** Sent away for a time: whoever asks for a seat, in a moment of this window, is told for how long. */
  | { readonly retry: 'ask'; readonly window: readonly [number, number] }
  /** At a random moment of this window, in milliseconds. */
  | { readonly retry: 'within'; readonly window: readonly [number, number] }
  | { readonly retry: 'at_once' }
  /** Nobody advised anything: by our own backoff. */
  | { readonly retry: 'backoff' };

const TOKEN_EXPIRED = 4001;
const SUSPENDED = 4004;
const KICKED = 4005;
const INTERNAL = 1011;
/** Codes below 4000 that end a connection for good: the hub found that this client breaks the protocol, or was asked to. */
const FINAL: readonly number[] = [1000, 1002, 1003, 1007, 1009];

/** Soon, since somebody looks at the page; not at once, since the hub is better told apart from one that is gone. */
const ASK_WINDOW = [500, 3_000] as const;
/** A window without a stated one, and the latest moment that any window may name. */
const WINDOW_DEFAULT = [1_000, 30_000] as const;
const WINDOW_MS_MAX = 600_000;

/** The word in a close frame's reason, if the hub wrote one. */
export function closeWord(reason: string): string | undefined {
  const value = parseJson(reason);
  return isFields(value) && isText(value['code']) ? value['code'] : undefined;
}

/** The place in the waiting room that the hub gives whoever it sends away. */
export function ticketOf(reason: string): string | undefined {
  const value = parseJson(reason);
  const stated = isFields(value) ? value['ticket'] : undefined;
  return isText(stated) ? stated : undefined;
}

/** Why a socket with this close is gone. */
export function causeOf(number: number, reason: string): Cause {
  if (number === 1006 || number === 1005) return { kind: 'unreachable' };
  return { kind: 'closed_by_hub', number, word: closeWord(reason) };
}

/** What to do after a close with this number and reason. */
export function adviceFor(number: number, reason: string): Advice {
  if (number === TOKEN_EXPIRED) return { retry: 'new_token' };
  if (number === SUSPENDED) return { retry: 'suspended', opensAt: opensAtOf(reason) };
  if (number === KICKED) return { retry: 'ask', window: ASK_WINDOW };
  if (number === INTERNAL || (number >= 4100 && number < 4200)) {
    return { retry: 'within', window: windowOf(reason) };
  }
  if (number >= 4200 && number < 4300) return { retry: 'at_once' };
  if (FINAL.includes(number) || number >= 4000) return { retry: 'never' };
  return { retry: 'backoff' };
}

function opensAtOf(reason: string): number | undefined {
  const value = parseJson(reason);
  const stated = isFields(value) ? value['opens_at'] : undefined;
  return isCount(stated) ? stated : undefined;
}

function windowOf(reason: string): readonly [number, number] {
  const value = parseJson(reason);
  const stated = isFields(value) ? value['retry_ms'] : undefined;
  if (!Array.isArray(stated)) return WINDOW_DEFAULT;
  const [from, to] = stated as readonly unknown[];
  if (!isCount(from) || !isCount(to) || from > to) return WINDOW_DEFAULT;
  return [Math.min(from, WINDOW_MS_MAX), Math.min(to, WINDOW_MS_MAX)];
}
