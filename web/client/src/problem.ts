/**
 * The hub's typed errors, on the socket and as RFC 9457 problems: one code means the same in both.
 */

import { isNotice, type Notice } from './bulletin.ts';
import { isCount, isFields, isText, type Fields } from './shape.ts';

/** Every code of `preau.v1`, in the order of the hub's table. */
export const ERROR_CODES = [
  'malformed',
  'unknown_type',
  'not_allowed',
  'invalid_body',
  'message_id_reused',
  'already_subscribed',
  'not_subscribed',
  'too_many_subscriptions',
  'position_unknown',
  'rate_limited',
  'busy',
  'storage_full',
  'storage_failed',
  'draining',
  'token_missing',
  'token_invalid',
  'token_expired',
  'unknown_account',
  'other_account',
  'seat_invalid',
  'seat_expired',
  'seat_spent',
  'bad_handshake',
  'too_large',
  'not_found',
  'method_not_allowed',
  'timeout',
  'roster_refused',
  'calendar_refused',
  'internal',
  'posting_stopped',
  'suspended',
  'cool_down',
  'closed',
  'schedule_full',
  'kicked',
  'already_published',
  'unknown_item',
  'version_conflict',
  'withdrawn',
  'no_lesson',
  'lesson_runs',
  'mode_forbids',
  'muted',
  'slow_mode',
  'unknown_target',
  'poll_open',
  'shed',
  'link_host',
] as const;
/** One of `ERROR_CODES`. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Codes by which the hub says that the token, and not the request, is what it refuses. */
const TOKEN_CODES: readonly string[] = ['token_missing', 'token_invalid', 'token_expired'];

/** Codes that pass by themselves, whether or not the hub says when. */
const PASSING_CODES: readonly string[] = [
  'rate_limited',
  'busy',
  'draining',
  'timeout',
  'internal',
  'cool_down',
  'closed',
];

/** What can be done about a refusal. */
export type Remedy = 'new_token' | 'later' | 'none';

/** What can be done about a refusal with this code and, over HTTP, this status. */
export function remedy(code: string, status?: number): Remedy {
  if (TOKEN_CODES.includes(code)) return 'new_token';
  if (PASSING_CODES.includes(code)) return 'later';
  if (status !== undefined && (status >= 500 || status === 408 || status === 429)) return 'later';
  return 'none';
}

/** The code of an account that an operator keeps out for a time. */
export const KICKED = 'kicked';

/** The code of a role outside its hours. */
const SUSPENDED = 'suspended';

/** Moments of school time in milliseconds since 1970. */
export interface SuspensionTimes {
  readonly opensAt: number | undefined;
  readonly schoolTime: number | undefined;
}

function suspensionIn({ opens_at: opensAt, school_time: schoolTime }: Fields): SuspensionTimes {
  return {
    opensAt: isCount(opensAt) ? opensAt : undefined,
    schoolTime: isCount(schoolTime) ? schoolTime : undefined,
  };
}

/** The hub answered a request with a problem. */
export class HubProblem extends Error {
  override readonly name = 'HubProblem';
  readonly status: number;
  /** One of `ERROR_CODES`, a word of a later version, or `''` if something before the hub answered. */
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  /** For `suspended`: when this account may come, and what time it is, in school time, as far as the hub knows. */
  readonly suspension: SuspensionTimes | undefined;
  /** What the operators have to say to everybody, if it came with the refusal. */
  readonly notice: Notice | undefined;

  /** @internal The client makes them. */
  constructor(
    status: number,
    code: string,
    detail: string,
    retryAfterMs?: number,
    suspension?: SuspensionTimes,
    notice?: Notice,
  ) {
    super(detail);
    this.notice = notice;
    this.suspension = suspension;
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  /** @internal Reads a problem document; what is not one keeps its status. */
  static from(status: number, document: unknown): HubProblem {
    if (!isFields(document)) return new HubProblem(status, '', `status ${status}`);
    const { code, detail, title, retry_after_ms: retryAfterMs, more, notice } = document;
    return new HubProblem(
      status,
      isText(code) ? code : '',
      isText(detail) ? detail : isText(title) ? title : `status ${status}`,
      isCount(retryAfterMs) ? retryAfterMs : undefined,
      code === SUSPENDED ? suspensionIn({ ...document, ...(isFields(more) ? more : {}) }) : undefined,
      isNotice(notice) ? notice : undefined,
    );
  }
}

/** No answer came, or one that is not of the documented shape. */
export class HubUnreachable extends Error {
  override readonly name = 'HubUnreachable';
}
