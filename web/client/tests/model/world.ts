/**
 * A world whose time stands still until a test moves it, and whose chance comes from a seed.
 */

import type { Cancel, Chance, Clock } from '../../src/environment.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** mulberry32: small, fast, and the same on every machine. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class World implements Clock, Chance {
  readonly fraction: () => number;
  #now = 0;
  #order = 0;
  #names = 0;
  #timers: Timer[] = [];

  constructor(seed = 1) {
    this.fraction = seeded(seed);
  }

  now(): number {
    return this.#now;
  }

  /** A device whose date is years off. */
  wall(): number {
    return 123_456_789 + this.#now;
  }

  id(): string {
    this.#names += 1;
    return `m-${this.#names}`;
  }

  after(ms: number, action: () => void): Cancel {
    const timer = { at: this.#now + Math.max(0, ms), order: (this.#order += 1), action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets everything that is due within `ms` happen, in order. */
  async run(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const next = this.#earliest();
      if (!next || next.at > end) break;
      this.#fire(next);
    }
    this.#now = end;
  }

  /** Lets time pass until a condition holds; fails after `limitMs`. */
  async until(what: string, condition: () => boolean, limitMs = 600_000): Promise<void> {
    const end = this.#now + limitMs;
    for (;;) {
      await settled();
      if (condition()) return;
      const next = this.#earliest();
      if (!next || next.at > end) throw new Error(`not within ${limitMs} ms: ${what}`);
      this.#fire(next);
    }
  }

  #earliest(): Timer | undefined {
    return this.#timers.reduce<Timer | undefined>(
      (best, timer) =>
        !best || timer.at < best.at || (timer.at === best.at && timer.order < best.order) ? timer : best,
      undefined,
    );
  }

  #fire(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.action();
  }
}

/** Resolves once every promise that could settle without time passing has done so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
