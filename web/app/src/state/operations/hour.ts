/** The last hour as columns: what a plot takes. Rows come each second, and leave after an hour. */

import { COUNTED, MEASURED, type Beat, type Beats, type Field } from './moment.ts';

const HOUR_MS = 3_600_000;
const FIELDS: readonly Field[] = [...COUNTED, ...MEASURED];

export const NO_BEATS: Beats = Object.fromEntries(FIELDS.map((field) => [field, []])) as unknown as Beats;

/** When each row was, in milliseconds since 1970. */
const times = (beats: Beats): readonly number[] => beats.machine_time_ms as readonly number[];

function from(beats: Beats, first: number): Beats {
  if (first <= 0) return beats;
  return Object.fromEntries(FIELDS.map((field) => [field, beats[field].slice(first)])) as unknown as Beats;
}

function joined(earlier: Beats, later: Beats): Beats {
  const both = FIELDS.map((field) => [field, [...earlier[field], ...later[field]]] as const);
  return Object.fromEntries(both) as unknown as Beats;
}

function trimmed(beats: Beats): Beats {
  const all = times(beats);
  const oldest = (all.at(-1) ?? 0) - HOUR_MS;
  const first = all.findIndex((time) => time >= oldest);
  return from(beats, Math.max(first, 0));
}

/** The hour with one more row; a row that is not later than the last is left out. */
export function withBeat(beats: Beats, beat: Beat): Beats {
  if (beat.machine_time_ms <= (times(beats).at(-1) ?? 0)) return beats;
  const row = Object.fromEntries(FIELDS.map((field) => [field, [beat[field]]])) as unknown as Beats;
  return trimmed(joined(beats, row));
}

/** The hour with what was missed meanwhile. */
export function withHistory(beats: Beats, history: Beats): Beats {
  const last = times(beats).at(-1) ?? 0;
  const first = times(history).findIndex((time) => time > last);
  return first < 0 ? beats : trimmed(joined(beats, from(history, first)));
}

/** When the last row was, if there is one. */
export function lastTime(beats: Beats): number | undefined {
  return times(beats).at(-1);
}

/** The row that was so long ago, or the oldest one; nothing without rows. */
export function rowBefore(beats: Beats, ms: number): number | undefined {
  const all = times(beats);
  const wanted = (all.at(-1) ?? 0) - ms;
  const index = all.findIndex((time) => time >= wanted);
  return index < 0 ? undefined : index;
}

/** The least, the greatest and the last known value of a column; nothing if none is known. */
export interface Span {
  readonly least: number;
  readonly greatest: number;
  readonly last: number | null;
  /** When the greatest was, in milliseconds since 1970. */
  readonly greatestAt: number;
}

export function spanOf(beats: Beats, values: readonly (number | null)[]): Span | undefined {
  let span: { least: number; greatest: number; greatestAt: number } | undefined;
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const at = times(beats)[index] ?? 0;
    if (!span) span = { least: value, greatest: value, greatestAt: at };
    if (value < span.least) span.least = value;
    if (value > span.greatest) Object.assign(span, { greatest: value, greatestAt: at });
  }
  return span && { ...span, last: values.at(-1) ?? null };
}
