/**
 * Waiting for the hour at which this role may come in. The hub promised it, so nothing is asked before: one timer, moved
 * when school time turns out to be another.
 */

import type { Cancel, Chance, Clock } from './environment.ts';
import type { HubClock } from './hub-clock.ts';

/** The hub spreads the hours that it promises; this spreads those that share one second. */
const SPREAD_MS = 3_000;
/** The shortest wait: an hour that has passed already is no reason to ask without end. */
const REST_MS = 10_000;
/** Where nobody knows the hour, or what time it is: this, to half as much again. */
const UNKNOWN_MS = 900_000;

export class Suspension {
  /** School time in milliseconds since 1970, if the hub knows it. */
  readonly opensAt: number | undefined;
  readonly #clock: Clock;
  readonly #hubClock: HubClock;
  readonly #over: () => void;
  readonly #notBefore: number;
  readonly #spread: number;
  readonly #unknownAt: number;
  #cancel: Cancel = () => undefined;

  constructor(
    environment: { readonly clock: Clock; readonly chance: Chance },
    hubClock: HubClock,
    opensAt: number | undefined,
    over: () => void,
  ) {
    const { clock, chance } = environment;
    const now = clock.now();
    this.opensAt = opensAt;
    this.#clock = clock;
    this.#hubClock = hubClock;
    this.#over = over;
    this.#notBefore = now + REST_MS;
    this.#spread = chance.fraction() * SPREAD_MS;
    this.#unknownAt = now + UNKNOWN_MS * (1 + chance.fraction() / 2);
    this.#arm();
  }

  /** When it asks again: a moment of the clock. */
  get endsAt(): number {
    const left = this.opensAt === undefined ? undefined : this.#hubClock.until(this.opensAt);
    if (left === undefined) return this.#unknownAt;
    return Math.max(this.#clock.now() + left, this.#notBefore) + this.#spread;
  }

  /** School time was told anew: the timer follows. */
  timeChanged(): void {
    this.#arm();
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(Math.max(0, this.endsAt - this.#clock.now()), () => this.#look());
  }

  /** A host's timer may be shorter than a holiday. */
  #look(): void {
    if (this.endsAt <= this.#clock.now() + 1) this.#over();
    else this.#arm();
  }
}
