/**
 * One followed channel, from the wish to the last publication.
 *
 * Its position is kept outside the connection, so a new connection continues where the last one stopped. What comes twice
 * is dropped by position; nothing is inferred from holes in the offsets. What belongs to another epoch without a `reset`
 * before it can't be placed, and ends the connection rather than being shown in the wrong order.
 */

import type { PositionStore } from './environment.ts';
import { RESET_CAUSES } from './messages.ts';
import type {
  ClientMessage,
  Fresh,
  Position,
  Publication,
  Refusal,
  Reset,
  ResetWhy,
  Resumed,
  StartFrom,
} from './messages.ts';
import type { OwnMark } from './own-mark.ts';
import { remedy } from './problem.ts';

/** What a subscriber is told. */
export type SubscriptionEvent =
  /** Nothing is missing and nothing will come twice (`resumed`), or this is the beginning (`fresh`). */
  | { readonly type: 'subscribed'; readonly how: 'resumed' | 'fresh' }
  /** Discard everything held of this channel: the last publications follow. */
  | { readonly type: 'reset'; readonly why: ResetWhy }
  | { readonly type: 'publication'; readonly publication: Publication }
  /** The hub feeds this reader from the log: late, but complete. */
  | { readonly type: 'behind' }
  | { readonly type: 'caught_up' }
  /** In one's own channel: how a mark of one's stands now; `null` if more than one has changed. Ask for them then. */
  | { readonly type: 'marked'; readonly mark: OwnMark | null }
  /** No longer followed: the roster changed, or the hub refused with this code. */
  | { readonly type: 'ended'; readonly why: string };

/** Hears what happens in a followed channel. */
export type SubscriptionListener = (event: SubscriptionEvent) => void;

/** How long a subscription waits that was refused for a passing reason without a stated time. */
const RETRY_MS = 5_000;

/** What became of a publication. */
export type Taken = 'taken' | 'duplicate' | 'foreign';

export class Subscription {
  readonly channel: string;
  readonly #from: StartFrom;
  readonly #listener: SubscriptionListener;
  readonly #positions: PositionStore;
  #stage: 'wanted' | 'asked' | 'live' | 'ended' = 'wanted';
  #id: number | undefined;
  #notBefore = 0;

  constructor(channel: string, from: StartFrom, listener: SubscriptionListener, positions: PositionStore) {
    this.channel = channel;
    this.#from = from;
    this.#listener = listener;
    this.#positions = positions;
  }

  /** Whether the hub follows it on this connection, or was asked to. */
  get known(): boolean {
    return this.#stage === 'asked' || this.#stage === 'live';
  }

  /** When it wants to speak: a moment of the clock, or nothing. */
  get wakeAt(): number | undefined {
    return this.#stage === 'wanted' ? this.#notBefore : undefined;
  }

  /** The request that opens it. */
  ask(id: number): ClientMessage & { readonly type: 'subscribe' } {
    this.#stage = 'asked';
    this.#id = id;
    const position = this.#positions.read(this.channel);
    return { type: 'subscribe', id, channel: this.channel, from: position ? { position } : this.#from };
  }

  /** Whether an answer or refusal with this id is for it. */
  asked(id: number | undefined): boolean {
    return this.#stage === 'asked' && id === this.#id;
  }

  answered(answer: Resumed | Fresh | Reset): void {
    this.#stage = 'live';
    this.#positions.write(this.channel, answer.position);
    if (answer.type !== 'reset') return this.#listener({ type: 'subscribed', how: answer.type });
    const why = RESET_CAUSES.find((cause) => cause === answer.why) ?? 'epoch';
    this.#listener({ type: 'reset', why });
  }

  refused(refusal: Refusal, now: number): void {
    if (remedy(refusal.code) === 'later' || refusal.retry_after_ms !== undefined) {
      this.#stage = 'wanted';
      this.#notBefore = now + (refusal.retry_after_ms ?? RETRY_MS);
    } else {
      this.end(refusal.code);
    }
  }

  /** Hands on a publication and keeps its position, in that order: a reader that failed is given it again. */
  take(publication: Publication): Taken {
    if (this.#stage !== 'live') return 'duplicate';
    const held = this.#positions.read(this.channel);
    const { epoch, offset } = publication.position;
    if (held && held.epoch !== epoch) return 'foreign';
    if (held && offset <= held.offset) return 'duplicate';
    this.#listener({ type: 'publication', publication });
    this.#positions.write(this.channel, publication.position);
    return 'taken';
  }

  behind(): void {
    if (this.#stage === 'live') this.#listener({ type: 'behind' });
  }

  caughtUp(position: Position): void {
    if (this.#stage !== 'live') return;
    const held = this.#positions.read(this.channel);
    // The last publications may be for other roles: the place after them is a better one to come back to.
    if (!held || (held.epoch === position.epoch && held.offset < position.offset)) {
      this.#positions.write(this.channel, position);
    }
    this.#listener({ type: 'caught_up' });
  }

  marked(mark: OwnMark | null): void {
    if (this.#stage === 'live') this.#listener({ type: 'marked', mark });
  }

  /** The connection is gone; the position stays. */
  interrupted(): void {
    if (this.#stage === 'ended') return;
    this.#stage = 'wanted';
    this.#notBefore = 0;
  }

  /** Over for good. The position is forgotten, for what was held may not be continued. */
  end(why: string): void {
    if (this.#stage === 'ended') return;
    this.#stage = 'ended';
    this.#positions.forget(this.channel);
    this.#listener({ type: 'ended', why });
  }
}
