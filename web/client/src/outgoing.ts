/**
 * What is to be published: a bounded list, each entry sent again under its own message id until the hub answers.
 *
 * One publication per channel is under way at a time, so a channel's log has them in the order in which they were handed
 * over, whatever breaks in between. The hub stores a message id once, so sending again can't double anything.
 */

import { bodyProblem, type BodyProblem } from './body.ts';
import type { DurableDeed } from './lesson-messages.ts';
import type {
  ClientMessage,
  Content,
  Held,
  Position,
  Published,
  Refusal,
  Role,
  Scheduled,
} from './messages.ts';
import { remedy, type ErrorCode } from './problem.ts';
import { isChannel } from './shape.ts';
import type { ConnectionState } from './state.ts';

/** Publications waiting or under way. More: rejected with `queue_full`. */
export const OUTGOING_MAX = 64;
/** How often one publication is refused for a passing reason before its author is told. */
const REFUSALS_MAX = 8;
/** How long a publication waits after a passing refusal without a stated time. */
const RETRY_MS = 1_000;

/**
 * A publication on the hub's stable storage: where it stands in its channel, when it will be released into it, or where its
 * proposal stands until a teacher has judged it.
 */
export type Receipt =
  | { readonly channel: string; readonly messageId: string; readonly position: Position }
  | { readonly channel: string; readonly messageId: string; readonly heldAt: Position }
  /** School time in milliseconds since 1970. */
  | { readonly channel: string; readonly messageId: string; readonly deliverAt: number };

/** How something is published, besides what it says. */
export interface PublishOptions {
  readonly audience?: readonly Role[];
  /** A name chosen before, to send the same publication again; a new one otherwise. */
  readonly messageId?: string;
}

/** Why a publication is not stored: the hub's code, or one of the client's own. */
export type RejectionCode = ErrorCode | 'queue_full' | 'closed' | (string & {});

/** A publication that will not be sent (again). */
export class PublishRejected extends Error {
  override readonly name = 'PublishRejected';
  readonly code: RejectionCode;
  /** For `invalid_body` found before sending: the rule. */
  readonly problem: BodyProblem | undefined;
  /** Whether the hub may have stored it nevertheless: it was sent, and no answer came. */
  readonly uncertain: boolean;

  /** @internal The client makes them. */
  constructor(
    code: RejectionCode,
    detail: string,
    found: { problem?: BodyProblem; uncertain?: boolean } = {},
  ) {
    super(detail);
    this.code = code;
    this.problem = found.problem;
    this.uncertain = found.uncertain ?? false;
  }
}

/** Why nothing can be said in this state of the connection, if so. */
export function silenceOf({ name }: ConnectionState): PublishRejected | undefined {
  if (name === 'closed') return new PublishRejected('closed', 'the connection is closed for good');
  if (name !== 'reading') return undefined;
  return new PublishRejected('read_only', 'this network lets channels be read only');
}

/** What is to be published: somebody's words, or what somebody does in a lesson. */
export type Draft = { readonly channel: string; readonly messageId: string } & (
  | { readonly content: Content; readonly audience: readonly Role[] | undefined }
  | { readonly deed: DurableDeed }
);

function messageOf(draft: Draft, id: number): ClientMessage {
  const { channel, messageId: message_id } = draft;
  if ('deed' in draft) return { type: 'lesson', id, channel, message_id, ...draft.deed };
  const { content, audience } = draft;
  return { type: 'publish', id, channel, message_id, ...(audience ? { audience } : {}), ...content };
}

interface Entry {
  readonly draft: Draft;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (rejection: PublishRejected) => void;
  /** The request under way, on this connection. */
  id: number | undefined;
  /** Whether it was ever sent. */
  sent: boolean;
  refusals: number;
  notBefore: number;
}

export class Outgoing {
  #entries: Entry[] = [];

  /** Publications that are not answered yet. */
  get size(): number {
    return this.#entries.length;
  }

  add(draft: Draft): Promise<Receipt> {
    if (!isChannel(draft.channel)) {
      return Promise.reject(new PublishRejected('malformed', 'there is no channel of that name'));
    }
    const problem = 'content' in draft ? bodyProblem(draft.content.kind, draft.content.body) : undefined;
    if (problem) {
      const detail = `${problem.field}: ${problem.rule}`;
      return Promise.reject(new PublishRejected('invalid_body', detail, { problem }));
    }
    if (this.#entries.length >= OUTGOING_MAX) {
      return Promise.reject(new PublishRejected('queue_full', `${OUTGOING_MAX} publications wait already`));
    }
    return new Promise((resolve, reject) => {
      this.#entries.push({ draft, resolve, reject, id: undefined, sent: false, refusals: 0, notBefore: 0 });
    });
  }

  /** When an entry could be sent next: a moment of the clock, or nothing. */
  wakeAt(): number | undefined {
    const moments = this.#heads().map((entry) => entry.notBefore);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  /** The next publication to send, under this request id. */
  next(now: number, id: () => number): ClientMessage | undefined {
    const entry = this.#heads().find((head) => head.notBefore <= now);
    if (!entry) return undefined;
    entry.id = id();
    entry.sent = true;
    return messageOf(entry.draft, entry.id);
  }

  published(answer: Published): void {
    const entry = this.#remove(answer.id);
    entry?.resolve({
      channel: answer.channel,
      messageId: answer.message_id,
      position: answer.position,
    });
  }

  /** A teacher reads it first: as well stored as one that is published. */
  held(answer: Held): void {
    const entry = this.#remove(answer.id);
    entry?.resolve({ channel: answer.channel, messageId: answer.message_id, heldAt: answer.position });
  }

  /** Kept for later: as well stored as one that is published. */
  scheduled(answer: Scheduled): void {
    const entry = this.#remove(answer.id);
    entry?.resolve({
      channel: answer.channel,
      messageId: answer.message_id,
      deliverAt: answer.deliver_at,
    });
  }

  /** Whether the refusal was for a publication. */
  refused(refusal: Refusal, now: number): boolean {
    const entry = this.#entries.find(({ id }) => id !== undefined && id === refusal.id);
    if (!entry) return false;
    entry.refusals += 1;
    const passing = remedy(refusal.code) === 'later' || refusal.retry_after_ms !== undefined;
    if (passing && entry.refusals < REFUSALS_MAX) {
      entry.id = undefined;
      entry.notBefore = now + (refusal.retry_after_ms ?? RETRY_MS);
    } else {
      this.#remove(refusal.id);
      entry.reject(new PublishRejected(refusal.code, refusal.message));
    }
    return true;
  }

  /** The connection is gone: what was under way will be sent again, in the same order. */
  interrupted(): void {
    for (const entry of this.#entries) {
      entry.id = undefined;
      entry.notBefore = 0;
    }
  }

  /** There will be no other connection. */
  stop(): void {
    const entries = this.#entries;
    this.#entries = [];
    for (const { reject, sent } of entries) {
      reject(new PublishRejected('closed', 'the connection is closed for good', { uncertain: sent }));
    }
  }

  /** The oldest entry of each channel, unless one of that channel is under way. */
  #heads(): Entry[] {
    const channels = new Set<string>();
    return this.#entries.filter(({ draft, id }) => {
      if (channels.has(draft.channel)) return false;
      channels.add(draft.channel);
      return id === undefined;
    });
  }

  #remove(id: number | undefined): Entry | undefined {
    const index = this.#entries.findIndex((entry) => entry.id !== undefined && entry.id === id);
    return index < 0 ? undefined : this.#entries.splice(index, 1)[0];
  }
}
