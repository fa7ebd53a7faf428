/**
 * What a screen reader is told of a feed: each message, while there are few; how many came, now and then, while there are many.
 * A lesson of thirty-five would talk it to death otherwise.
 */

import type { Cancel, Clock } from '@preau/client';
import { Store } from './store.ts';

/** More arrivals in this time, and they are counted out loud instead of being read. */
export const BUSY_MS = 10_000;
export const BUSY_COUNT = 8;

export interface AnnouncingView {
  readonly isBusy: boolean;
  /** What came while it was busy, to be said once. */
  readonly counted: number;
}

export class Announcing {
  readonly view = new Store<AnnouncingView>({ isBusy: false, counted: 0 });
  readonly #clock: Clock;
  /** When what came last arrived: the newest last. */
  #arrivals: readonly number[] = [];
  #unheard = 0;
  #cancel: Cancel = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  arrived(count: number): void {
    const now = this.#clock.now();
    this.#arrivals = [...this.#arrivals, ...Array<number>(Math.min(count, BUSY_COUNT + 1)).fill(now)]
      .filter((at) => now - at < BUSY_MS)
      .slice(-BUSY_COUNT - 1);
    if (this.view.value.isBusy) this.#unheard += count;
    else if (this.#arrivals.length > BUSY_COUNT) {
      // From here on nothing is read: what made it too much is the first that is counted.
      this.#unheard = count;
      this.view.set({ isBusy: true, counted: 0 });
      this.#arm();
    }
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel = this.#clock.after(BUSY_MS, () => {
      const isBusy = this.#unheard > BUSY_COUNT;
      this.view.set({ isBusy, counted: this.#unheard });
      this.#unheard = 0;
      if (isBusy) this.#arm();
    });
  }
}
