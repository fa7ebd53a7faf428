/**
 * How fast a client may speak: the hub's rates, kept a little below, so that a reconnect with many channels or a burst of
 * publications is never refused for its haste.
 */

import type { Limits } from './messages.ts';

/** The hub's bucket holds twice its rate; ours less, because frames bunch up on the way. */
const BURST_OF_RATE = 1.5;
const SHARE_OF_RATE = 0.9;

class Bucket {
  readonly #perMs: number;
  readonly #capacity: number;
  #level: number;
  #at: number;

  constructor(perSecond: number, now: number) {
    this.#perMs = (perSecond * SHARE_OF_RATE) / 1_000;
    this.#capacity = Math.max(1, perSecond * BURST_OF_RATE);
    this.#level = this.#capacity;
    this.#at = now;
  }

  /** Milliseconds until one more may go: 0 for now. */
  wait(now: number): number {
    this.#level = Math.min(this.#capacity, this.#level + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#level >= 1 ? 0 : Math.ceil((1 - this.#level) / this.#perMs);
  }

  take(): void {
    this.#level -= 1;
  }
}

export class Pace {
  readonly #messages: Bucket;
  readonly #publishes: Bucket;

  constructor(limits: Limits, now: number) {
    this.#messages = new Bucket(limits.messages_per_second, now);
    this.#publishes = new Bucket(limits.publishes_per_second, now);
  }

  /** Milliseconds until a message of this sort may go. */
  wait(sort: 'message' | 'publish', now: number): number {
    const message = this.#messages.wait(now);
    return sort === 'message' ? message : Math.max(message, this.#publishes.wait(now));
  }

  took(sort: 'message' | 'publish'): void {
    this.#messages.take();
    if (sort === 'publish') this.#publishes.take();
  }
}
