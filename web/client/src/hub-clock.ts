/**
 * What time it is at school, as the hub tells it: by its two clocks on the socket, by its answers' dates over HTTP.
 *
 * The device's own date is never used, so it may be wrong by hours; only the time that passes is taken from it. A date that
 * jumped against that passing time means that the device slept, and moves school time too.
 */

import type { Clock } from './environment.ts';
import type { HubTime } from './exchange.ts';

/** A date has whole seconds and comes late; what differs less than this is no jump. */
const JUMP_MS = 3_000;

interface Known {
  readonly ms: number;
  /** A moment of the clock. */
  readonly at: number;
}

export class HubClock {
  readonly #clock: Clock;
  #server: Known | undefined;
  #school: Known | undefined;
  #speed = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Both clocks, as a message tells them. */
  told({ server_time, school_time }: HubTime): void {
    this.#server = this.#now(server_time);
    this.#school = this.#now(school_time);
  }

  /** School time alone, and how fast it passes: a demo's is set and sped up. */
  set(schoolTime: number, speed = this.#speed): void {
    this.#school = this.#now(schoolTime);
    this.#speed = speed;
  }

  /** The date of an answer over HTTP, in milliseconds since 1970. Says whether it moved school time. */
  dated(ms: number): boolean {
    const expected = this.#server && this.#server.ms + this.#passed(this.#server);
    const jump = expected === undefined ? 0 : ms - expected;
    if (expected === undefined || Math.abs(jump) >= JUMP_MS) this.#server = this.#now(ms);
    if (this.#school === undefined) {
      // Nobody set school time apart, as far as is known: it is the hub's.
      this.#school = this.#now(ms);
      return true;
    }
    if (Math.abs(jump) < JUMP_MS) return false;
    this.#school = { ms: this.#school.ms + jump * this.#speed, at: this.#school.at };
    return true;
  }

  /** How long until a moment of school time, in milliseconds of the clock; nothing if school time is unknown. */
  until(schoolTime: number): number | undefined {
    if (this.#school === undefined) return undefined;
    return (schoolTime - this.#school.ms) / this.#speed - this.#passed(this.#school);
  }

  #now(ms: number): Known {
    return { ms, at: this.#clock.now() };
  }

  #passed({ at }: Known): number {
    return this.#clock.now() - at;
  }
}
