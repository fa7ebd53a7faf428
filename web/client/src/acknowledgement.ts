/**
 * Tells the hub what was taken in: the newest position of each channel, at most once per interval.
 *
 * One acknowledgement covers everything before it, so a newer one displaces an older one and the list is as long as the
 * list of channels. A position of an earlier connection is not the new one's to acknowledge.
 */

import type { ClientMessage, Position } from './messages.ts';

const INTERVAL_MS = 1_000;

export class Acknowledgements {
  readonly #waiting = new Map<string, Position>();
  #dueAt = 0;

  note(channel: string, position: Position, now: number): void {
    if (this.#waiting.size === 0) this.#dueAt = now + INTERVAL_MS;
    this.#waiting.set(channel, position);
  }

  wakeAt(): number | undefined {
    return this.#waiting.size === 0 ? undefined : this.#dueAt;
  }

  next(now: number): ClientMessage | undefined {
    if (now < this.#dueAt) return undefined;
    for (const [channel, position] of this.#waiting) {
      this.#waiting.delete(channel);
      return { type: 'acknowledge', channel, position };
    }
    return undefined;
  }

  forget(channel: string): void {
    this.#waiting.delete(channel);
  }

  interrupted(): void {
    this.#waiting.clear();
  }
}
