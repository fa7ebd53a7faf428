/**
 * Waiting outside as the hub says: in the waiting room until it is time to ask again, or until the hour of the role.
 *
 * One timer at a time. It knows when to ask, not how: `enter` asks.
 */

import type { Cancel, Environment } from './environment.ts';
import { HubClock } from './hub-clock.ts';
import type { LoadLevel } from './messages.ts';
import { Passes } from './passes.ts';
import type { SuspensionTimes } from './problem.ts';
import type { Place } from './seat.ts';
import type { ConnectionState } from './state.ts';
import { Suspension } from './suspension.ts';

/** The shortest wait in the waiting room. */
const POLL_MS_MIN = 1_000;
/** What is added to a wait, so that a minute's arrivals ask apart: up to this share of it, and up to this long. */
const STRETCH = 0.2;
const SPREAD_MS_MAX = 2_000;

export interface DoorNews {
  /** It is time to ask for a seat. */
  enter(): void;
  waits(state: ConnectionState): void;
}

export class Door {
  readonly clock: HubClock;
  readonly passes: Passes;
  readonly #environment: Environment;
  readonly #news: DoorNews;
  #suspension: Suspension | undefined;
  #cancel: Cancel = () => undefined;

  constructor(environment: Environment, news: DoorNews) {
    this.clock = new HubClock(environment.clock);
    this.passes = new Passes(environment.clock, environment.memory);
    this.#environment = environment;
    this.#news = news;
  }

  /** Waits in the waiting room, and asks again when told to. */
  queue({ ahead, retry_after_ms: retryAfterMs }: Place, load: LoadLevel): void {
    const { clock, chance } = this.#environment;
    const spread = chance.fraction() * Math.min(SPREAD_MS_MAX, STRETCH * retryAfterMs);
    const ms = Math.max(POLL_MS_MIN, retryAfterMs) + spread;
    this.leave();
    this.#cancel = clock.after(ms, () => this.#news.enter());
    this.#news.waits({ name: 'queued', ahead, until: clock.now() + ms, load });
  }

  /** Waits for the hour of the role. The session is over: there is nothing to come back to. */
  suspend({ opensAt, schoolTime }: Partial<SuspensionTimes>): void {
    if (schoolTime !== undefined) this.clock.set(schoolTime);
    this.passes.forget();
    this.leave();
    this.#suspension = new Suspension(this.#environment, this.clock, opensAt, () => this.#news.enter());
    this.#tell(this.#suspension);
  }

  /** School time was set, or passes at another speed. */
  setSchoolTime(ms: number, speed?: number): void {
    this.clock.set(ms, speed);
    this.#timeChanged();
  }

  /** The hub's date at an answer, in milliseconds since 1970. */
  dated(ms: number): void {
    if (this.clock.dated(ms)) this.#timeChanged();
  }

  /** Waits no more. */
  leave(): void {
    this.#cancel();
    this.#suspension?.stop();
    this.#suspension = undefined;
  }

  #timeChanged(): void {
    if (!this.#suspension) return;
    this.#suspension.timeChanged();
    this.#tell(this.#suspension);
  }

  #tell({ opensAt, endsAt }: Suspension): void {
    this.#news.waits({ name: 'suspended', opensAt, until: endsAt });
  }
}
