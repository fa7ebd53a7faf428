/**
 * What time it is at school. The hub tells it at each sign of life; in between it runs on the device's clock, at the
 * demo's speed if there is one. Civil time is that of the school's zone, which the hub names, whatever the device believes.
 */

import type { Cancel, Clock } from '@preau/client';
import { Store } from './store.ts';

const TICK_MS = 1_000;

export interface SchoolTime {
  /** Milliseconds since 1970, or nothing before the hub has told. */
  readonly ms: number | undefined;
  /** School seconds per second. */
  readonly speed: number;
}

/** The zone that the hub named; the device's own where the browser has never heard of it. */
export function knownZone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return new Intl.DateTimeFormat('en').resolvedOptions().timeZone;
  }
}

/** The last zone's writer of civil minutes: making one costs more than using it, and a page has one zone. */
let writer: { readonly zone: string; readonly format: Intl.DateTimeFormat } | undefined;

function writerOf(zone: string): Intl.DateTimeFormat {
  if (writer?.zone === zone) return writer.format;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  writer = { zone, format };
  return format;
}

/** A civil minute of a zone: `YYYY-MM-DDTHH:MM`. */
export function civil(ms: number, zone: string): string {
  const parts = writerOf(zone).formatToParts(ms);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`;
}

/** The moment of a civil minute in a zone. Of a minute that comes twice, the first; one that is left out is read as after it. */
export function momentOf(minute: string, zone: string): number {
  const wanted = Date.parse(`${minute}Z`);
  const offsetAt = (ms: number) => Date.parse(`${civil(ms, zone)}Z`) - Math.floor(ms / 60_000) * 60_000;
  const guesses = [86_400_000, -86_400_000].map((day) => wanted - offsetAt(wanted - day));
  const exact = guesses.filter((ms) => civil(ms, zone) === minute);
  return exact.length > 0 ? Math.min(...exact) : Math.max(...guesses);
}

/** The civil day that lies some days after another: `YYYY-MM-DD`. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

export class SchoolClock {
  /** Changes with each civil minute, and when the speed does. */
  readonly view = new Store<SchoolTime>({ ms: undefined, speed: 1 });
  readonly #clock: Clock;
  #told: { readonly ms: number; readonly at: number } | undefined;
  #speed = 1;
  #cancel: Cancel;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#cancel = clock.after(TICK_MS, () => this.#tick());
  }

  /** The hub said what time it is at school. */
  told(ms: number, speed = this.#speed): void {
    this.#told = { ms, at: this.#clock.now() };
    this.#speed = speed;
    this.#show();
  }

  /** The moment itself, not the minute that is shown. */
  get now(): SchoolTime {
    return { ms: this.#now(), speed: this.#speed };
  }

  stop(): void {
    this.#cancel();
  }

  #now(): number | undefined {
    return this.#told && this.#told.ms + (this.#clock.now() - this.#told.at) * this.#speed;
  }

  #tick(): void {
    this.#cancel = this.#clock.after(TICK_MS, () => this.#tick());
    this.#show();
  }

  #show(): void {
    const ms = this.#now();
    if (ms === undefined) return;
    const shown = this.view.value;
    const minute = (moment: number) => Math.floor(moment / 60_000);
    if (shown.ms === undefined || minute(shown.ms) !== minute(ms) || shown.speed !== this.#speed) {
      this.view.set({ ms, speed: this.#speed });
    }
  }
}
