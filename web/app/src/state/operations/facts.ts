/** What a moment comes to, in the numbers and clocks that people read. */

import {
  COUNTED,
  type Beat,
  type Beats,
  type Field,
  type Indicator,
  type MemorySum,
  type Moment,
  type Status,
} from './moment.ts';
import { rowBefore } from './hour.ts';

const MIB = 1024 * 1024;

/** Connections of all roles. */
export const ROLE_FIELDS = [
  'student_connections',
  'teacher_connections',
  'guardian_connections',
  'staff_connections',
  'operator_connections',
] as const satisfies readonly Field[];
export type RoleField = (typeof ROLE_FIELDS)[number];

export const roleOf = (field: RoleField) =>
  field.replace('_connections', '') as 'student' | 'teacher' | 'guardian' | 'staff' | 'operator';

export const connectionsOf = (beat: Beat): number => ROLE_FIELDS.reduce((sum, field) => sum + beat[field], 0);

/** Minutes back to which a trend compares. */
export const TREND_MINUTES = 5;

/** How a sum of fields has changed in some minutes; nothing if the hour does not reach so far back. */
export function trend(beats: Beats, fields: readonly (typeof COUNTED)[number][]): number | undefined {
  const times = beats.machine_time_ms;
  const row = rowBefore(beats, TREND_MINUTES * 60_000);
  const [first, last] = [times[row ?? 0], times.at(-1)];
  if (row === undefined || typeof first !== 'number' || typeof last !== 'number') return undefined;
  if (last - first < TREND_MINUTES * 54_000) return undefined;
  const sum = (index: number) => fields.reduce((all, field) => all + (beats[field].at(index) ?? 0), 0);
  return sum(-1) - sum(row);
}

/** What the schools' clocks are ahead of UTC: their clock is told as text, their time as an instant. */
function aheadMs({ school_clock: text, school_time: at }: Status): number {
  const civil = /(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})/.exec(text);
  const shown = civil ? Date.parse(`${civil[1]}T${civil[2]}Z`) : NaN;
  // Zones are whole minutes ahead; the text has no milliseconds.
  return Number.isNaN(shown) ? 0 : Math.round((shown - at) / 60_000) * 60_000;
}

/** An instant of school time, as the schools' clocks show it. */
export function clockAt(status: Status, at: number, locale: string, withSeconds = false): string {
  return new Intl.DateTimeFormat(locale, {
    timeZone: 'UTC',
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds ? { second: '2-digit' } : {}),
  }).format(at + aheadMs(status));
}

/** The same with its day. */
export function dayAndClockAt(status: Status, at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    timeZone: 'UTC',
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }).format(at + aheadMs(status));
}

/** What the schools' clocks show now. */
export function clockOf(status: Status, locale: string): { readonly time: string; readonly day: string } {
  const day = new Intl.DateTimeFormat(locale, {
    timeZone: 'UTC',
    weekday: 'long',
    day: 'numeric',
    month: 'long',
  }).format(status.school_time + aheadMs(status));
  return { time: clockAt(status, status.school_time, locale, true), day };
}

/** Some hours from now on the schools' clocks, as a field for a local time takes it. */
export function civilIn(status: Status, hours: number): string {
  const at = new Date(status.school_time + aheadMs(status) + hours * 3_600_000);
  return at.toISOString().slice(0, 16);
}

/** Today on the schools' clocks. */
export function todayOf(status: Status): string {
  return civilIn(status, 0).slice(0, 10);
}

export const mebibytes = (bytes: number): number => bytes / MIB;

/** The sum that docs/LIMITS.md writes down. */
export const expectedBytes = (memory: MemorySum): number =>
  memory.base_bytes + memory.connections * memory.seat_bytes + memory.queue_pool_bytes;

/** The indicator that makes the load level, if any is under pressure. */
export function heaviest(indicators: readonly Indicator[]): Indicator | undefined {
  const [first] = [...indicators].sort((one, other) => other.pressure_part - one.pressure_part);
  return first && first.pressure_part > 0 ? first : undefined;
}

/** The class of which most wait, if anybody does. */
export function mostWaiting(moment: Moment) {
  const [first] = [...moment.status.gate.classes].sort((one, other) => other.waiting - one.waiting);
  return first && first.waiting > 0 ? first.class : undefined;
}

/** The sum of rates of which at least one is known. */
export function sumKnown(rates: readonly (number | null)[]): number | null {
  const known = rates.filter((rate): rate is number => rate !== null);
  return known.length === 0 ? null : known.reduce((sum, rate) => sum + rate, 0);
}
