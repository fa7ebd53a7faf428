/**
 * What a client has to show when it asks for a seat: the ticket of its place in the waiting room, and the resume token of
 * the session that it lost.
 *
 * With a memory, a page that is reloaded keeps its place. The resume token is put there only when the page is left and
 * taken out by whoever reads it first: the copy of a tab would otherwise take the seat of the tab that it was copied from.
 */

import type { Clock, Memory } from './environment.ts';
import { isPlace, type Place, type Shown } from './seat.ts';
import { isCount, isFields, parseJson } from './shape.ts';

export class Passes {
  readonly #clock: Clock;
  readonly #memory: Memory | undefined;
  #ticket: string | undefined;
  #resume: string | undefined;

  constructor(clock: Clock, memory: Memory | undefined) {
    this.#clock = clock;
    this.#memory = memory;
  }

  /** Takes up what the page before this one left: says which place it had, and how long that one waits yet. */
  recall(): Place | undefined {
    this.#resume = this.#memory?.read('resume');
    this.#memory?.write('resume', undefined);
    const kept = parseJson(this.#memory?.read('ticket') ?? '');
    if (!isFields(kept) || !isPlace(kept) || !isCount(kept['at'])) return undefined;
    this.#ticket = kept.ticket;
    // The device's date is only compared with itself; a jump of it can't make the wait longer than it was.
    const passed = Math.max(0, this.#clock.wall() - kept['at']);
    return { ...kept, retry_after_ms: Math.max(0, kept.retry_after_ms - passed) };
  }

  get shown(): Shown {
    return {
      ...(this.#resume === undefined ? {} : { resume: this.#resume }),
      ...(this.#ticket === undefined ? {} : { ticket: this.#ticket }),
    };
  }

  /** The hub gave a place in the waiting room. */
  queued(place: Place): void {
    this.#ticket = place.ticket;
    this.#memory?.write('ticket', JSON.stringify({ ...place, at: Math.round(this.#clock.wall()) }));
  }

  /** Sent away, perhaps with a place that keeps the age of the seat: shown at the next asking, not kept over a reload. */
  sentAway(ticket: string | undefined): void {
    this.#ticket = ticket ?? this.#ticket;
  }

  /** Inside: a ticket has done its work. */
  entered(resume: string | undefined): void {
    this.#resume = resume;
    this.#forgetTicket();
  }

  /** Inside, and renewed. */
  renewed(resume: string): void {
    this.#resume = resume;
  }

  /** There is nothing to come back to. */
  forget(): void {
    this.#resume = undefined;
    this.#forgetTicket();
  }

  /** The page is being left, perhaps for its own next self. */
  leaving(): void {
    this.#memory?.write('resume', this.#resume);
  }

  #forgetTicket(): void {
    if (this.#ticket === undefined) return;
    this.#ticket = undefined;
    this.#memory?.write('ticket', undefined);
  }
}
