/**
 * Reading without a socket: one stream for each followed channel, up to a bound, while the connection goes on trying.
 *
 * It begins once several sockets in a row did not open although a seat was given for each: then something in between lets
 * none through. Each stream takes a seat, and an account has few sessions: the channels that are looked at are read, then
 * those that were followed first, and the number of the others is said.
 */

import type { ConnectionState } from './state.ts';
import { Stream, type StreamParts } from './stream.ts';
import type { Subscription } from './subscription.ts';

/** The fewest sessions that a hub gives to one account. */
export const STREAMS_MAX = 2;
/** Sockets in a row that did not open, before channels are read. */
export const BLOCKED_SOCKETS = 3;
/** While channels are read: the first wait before another socket is tried, and the longest. */
const SOCKET_RETRY_MS = 120_000;
const SOCKET_RETRY_MS_MAX = 600_000;
const STRETCH = 0.2;

type ReadingState = ConnectionState & { readonly name: 'reading' };

export class Reading {
  readonly #parts: StreamParts;
  readonly #followed: () => Iterable<Subscription>;
  readonly #told: () => void;
  #unopened = 0;
  #isBegun = false;
  #streams: Stream[] = [];
  #looked: readonly string[] = [];
  #state: ReadingState | undefined;

  constructor({ environment, seat, news }: StreamParts, followed: () => Iterable<Subscription>) {
    this.#followed = followed;
    this.#parts = {
      environment,
      seat,
      news: {
        ...news,
        changed: () => this.#changed(),
        unsubscribed: (channel) => {
          news.unsubscribed(channel);
          this.follow();
        },
      },
    };
    this.#told = news.changed;
  }

  /** What is read, while anything is. */
  get state(): ReadingState | undefined {
    return this.#state;
  }

  /** A socket did not open: how long until the next is tried, in milliseconds, if that is not the backoff's matter. */
  blocked(): number | undefined {
    this.#unopened += 1;
    const beyond = this.#unopened - BLOCKED_SOCKETS;
    const { chance, stream } = this.#parts.environment;
    if (beyond < 0 || stream === undefined) return undefined;
    this.#isBegun = true;
    this.follow();
    const ms = Math.min(SOCKET_RETRY_MS_MAX, SOCKET_RETRY_MS * 2 ** Math.min(beyond, 10));
    return ms * (1 + STRETCH * chance.fraction());
  }

  /** These channels are looked at: they are read before all others. */
  look(channels: readonly string[]): void {
    this.#looked = channels;
    this.follow();
  }

  /** Reads what is followed now, once it has begun. */
  follow(): void {
    if (!this.#isBegun) return;
    const rank = ({ channel }: Subscription) => {
      const place = this.#looked.indexOf(channel);
      return place < 0 ? this.#looked.length : place;
    };
    const wanted = [...this.#followed()].sort((one, other) => rank(one) - rank(other)).slice(0, STREAMS_MAX);
    for (const stream of this.#streams) if (!wanted.includes(stream.subscription)) stream.stop();
    const kept = this.#streams.filter(({ subscription }) => wanted.includes(subscription));
    const fresh = wanted.filter(
      (subscription) => !kept.some((stream) => stream.subscription === subscription),
    );
    this.#streams = [...kept, ...fresh.map((subscription) => new Stream(this.#parts, subscription))];
    this.#changed();
  }

  /** Sockets open again, or nothing is to be read any more. */
  stop(): void {
    this.#unopened = 0;
    this.#isBegun = false;
    for (const stream of this.#streams) stream.stop();
    this.#streams = [];
    this.#state = undefined;
  }

  #changed(): void {
    const followed = this.#streams.filter(({ isOpen }) => isOpen).length;
    const leftOut = [...this.#followed()].length - this.#streams.length;
    const before = this.#state;
    if (followed === 0) this.#state = undefined;
    else if (before?.followed !== followed || before.leftOut !== leftOut) {
      this.#state = { name: 'reading', followed, leftOut };
    }
    if (this.#state !== before) this.#told();
  }
}
