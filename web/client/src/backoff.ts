/**
 * When to try again if nobody said: capped exponential with full jitter, so that a thousand clients that fell together
 * do not come back together.
 *
 * A connection that opens and falls at once must not start the count afresh (that is how a storm feeds itself): only one
 * that was stable does.
 */

import type { Chance } from './environment.ts';

/** How long is waited when nobody said. */
export interface BackoffOptions {
  /** The widest first wait, in milliseconds. */
  readonly firstMs: number;
  /** The widest wait of all, in milliseconds. */
  readonly capMs: number;
  /** How long a connection must live to count as stable, in milliseconds. */
  readonly stableMs: number;
}

/** What holds where nothing else was given: 1 s that doubles up to 30 s, afresh after five stable seconds. */
export const BACKOFF_DEFAULTS: BackoffOptions = { firstMs: 1_000, capMs: 30_000, stableMs: 5_000 };

export class Backoff {
  readonly #options: BackoffOptions;
  readonly #chance: Chance;
  #failures = 0;

  constructor(options: BackoffOptions, chance: Chance) {
    this.#options = options;
    this.#chance = chance;
  }

  /** Attempts that failed, or fell too soon, since the last stable connection. */
  get failures(): number {
    return this.#failures;
  }

  /** A connection ended after living for this long. */
  ended(livedMs: number): void {
    if (livedMs >= this.#options.stableMs) this.#failures = 0;
  }

  /** The next wait in milliseconds; each is drawn from a range twice as wide, up to the cap. */
  next(): number {
    const { firstMs, capMs } = this.#options;
    // Beyond 2^30 the cap has long been reached; the bound keeps the power finite.
    const widest = Math.min(capMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return this.#chance.fraction() * widest;
  }

  /** A moment of a window that the hub stated. A line that keeps falling adds its own wait, so windows can't be a loop. */
  within([from, to]: readonly [number, number]): number {
    const drawn = from + this.#chance.fraction() * (to - from);
    return this.#failures === 0 ? this.#counted(drawn) : drawn + this.next();
  }

  /** At once for a line that was stable; otherwise as any other failure. */
  atOnce(): number {
    return this.#failures === 0 ? this.#counted(0) : this.next();
  }

  #counted(wait: number): number {
    this.#failures += 1;
    return wait;
  }
}
