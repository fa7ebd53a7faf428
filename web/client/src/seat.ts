/**
 * What `POST /v1/seat` is shown and what it answers: a seat for one socket, or a place in the waiting room.
 */

import type { Notice } from './bulletin.ts';
import { isNotice } from './bulletin.ts';
import type { LoadLevel } from './messages.ts';
import { isCount, isFields, isText } from './shape.ts';

/** What a client that was here before shows. */
export interface Shown {
  /** From the last welcome. */
  readonly resume?: string;
  /** From the last answer, if that was a place in the waiting room. */
  readonly ticket?: string;
}

/** A single-use permission to open one socket, soon. */
export interface Seat {
  readonly seat: string;
  readonly url: string;
  readonly load?: LoadLevel;
}

/** A place in the waiting room. */
export interface Place {
  readonly ticket: string;
  /** About how many come before. */
  readonly ahead: number;
  /** When to ask again: sooner gains nothing. */
  readonly retry_after_ms: number;
  readonly load?: LoadLevel;
  /** What the operators have to say to everybody. */
  readonly notice?: Notice;
}

export function isPlace(value: unknown): value is Place {
  return (
    isFields(value) &&
    isText(value['ticket']) &&
    isCount(value['ahead']) &&
    isCount(value['retry_after_ms']) &&
    (value['notice'] === undefined || isNotice(value['notice'])) &&
    (value['load'] === undefined || isCount(value['load']))
  );
}

export function isSeatAnswer(value: unknown): value is Seat | Place {
  return isPlace(value) || isSeat(value);
}

function isSeat(value: unknown): value is Seat {
  return (
    isFields(value) &&
    isText(value['seat']) &&
    isText(value['url']) &&
    // On the hub's own host: an address that leads elsewhere would take the seat there.
    /^\/(?!\/)/.test(value['url']) &&
    (value['load'] === undefined || isCount(value['load']))
  );
}
