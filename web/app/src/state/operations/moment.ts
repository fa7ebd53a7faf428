/**
 * What the operators' stream tells, as far as the dashboard shows it, and the guards that hold it to that.
 *
 * Fields of a later hub are let pass. The hub's golden events (`tests/fixtures/operations`) hold both sides together.
 */

/** Fields of a row that are always known. */
export const COUNTED = [
  'machine_time_ms',
  'school_time_ms',
  'level',
  'pressure_part',
  'shard_lag_pressure',
  'fanout_lag_pressure',
  'queued_pressure',
  'memory_pressure',
  'teacher_connections',
  'student_connections',
  'guardian_connections',
  'staff_connections',
  'operator_connections',
  'seats',
  'seats_taken',
  'waiting',
  'admissions_allowed_per_second',
] as const;

/** Fields that are `null` where nothing was or can be measured. */
export const MEASURED = [
  'psi_pressure',
  'shard_lag_ms',
  'fanout_lag_ms',
  'admissions_per_second',
  'waits_per_second',
  'suspended_per_second',
  'refused_per_second',
  'evicted_per_second',
  'publications_per_second',
  'deliveries_per_second',
  'resident_bytes',
  'queued_bytes',
] as const;

export type Counted = (typeof COUNTED)[number];
export type Measured = (typeof MEASURED)[number];
export type Field = Counted | Measured;

/** One row of the last hour. */
export type Beat = Readonly<Record<Counted, number> & Record<Measured, number | null>>;
/** The last hour: a list of values for each field, the oldest first. */
export type Beats = Readonly<Record<Field, readonly (number | null)[]>>;

export const CLASSES = ['operator', 'teacher', 'student_live', 'student', 'staff', 'guardian'] as const;
export type ClassName = (typeof CLASSES)[number];

/** One class at the gate. */
export interface ClassSeats {
  readonly class: ClassName;
  readonly nominal: number;
  readonly reserve: number;
  readonly taken: number;
  readonly lent: number;
  readonly borrowed: number;
  readonly waiting: number;
  readonly admitted: number;
}

/** Seats of one group of schools. */
export interface GroupSeats {
  readonly group: string;
  readonly taken: number;
  /** Its part of what its people have of others' seats. */
  readonly lent: number;
  /** How many were sent away so far, by step. */
  readonly evicted: readonly (readonly [step: string, count: number])[];
}

export interface Gate {
  readonly level: number;
  readonly pressure: number;
  readonly is_evicting: boolean;
  readonly rate: number;
  readonly seats: number;
  readonly seats_allowed: number;
  readonly bound: string;
  readonly free: number;
  readonly recalled: number;
  readonly live_classes: number;
  readonly classes: readonly ClassSeats[];
  readonly evicted: readonly (readonly [step: string, count: number])[];
  readonly groups: readonly GroupSeats[];
}

export interface Notice {
  readonly text: string;
  readonly lang?: string;
  readonly since: number;
}

/** A decision about a window. */
export interface DecidedWindow {
  readonly number: number;
  readonly from: number;
  readonly until: number;
  readonly from_clock: string;
  readonly until_clock: string;
  readonly scope: { readonly role: string; readonly school?: string | null };
  readonly verdict: string;
  readonly who: string;
  readonly why: string;
}

/** Where posting is stopped. */
export type Place = { readonly class: string } | { readonly school: string };

export interface Status {
  readonly version: string;
  readonly is_draining: boolean;
  readonly is_storing: boolean;
  readonly school_time: number;
  readonly school_clock: string;
  readonly accounts: number;
  readonly gate: Gate;
  readonly notice: Notice | null;
  readonly windows: readonly DecidedWindow[];
  readonly posting_stopped: readonly Place[];
  readonly kicked: readonly { readonly account: string; readonly seconds: number }[];
  readonly calendar_alarm: string | null;
}

export const INDICATORS = [
  'shard_lag_ms',
  'fanout_lag_ms',
  'queued_part',
  'memory_part',
  'psi_part',
] as const;
export type IndicatorName = (typeof INDICATORS)[number];

/** One of the things that the load level is made of. */
export interface Indicator {
  readonly indicator: IndicatorName;
  readonly value: number | null;
  readonly low: number;
  readonly high: number;
  readonly pressure_part: number;
}

export interface Refusal {
  readonly since_start: number;
  readonly per_second: number | null;
}

/** The sum of what memory is made of. */
export interface MemorySum {
  readonly budget_bytes: number;
  readonly base_bytes: number;
  readonly connections: number;
  readonly seat_bytes: number;
  readonly is_seat_measured: boolean;
  readonly queue_pool_bytes: number;
  readonly queued_bytes: number;
  readonly reserve_bytes: number;
  readonly resident_bytes: number | null;
}

export interface DayTries {
  readonly date: string;
  readonly pupils_tried: number;
  readonly pupils_at_first_try: number;
  readonly reliability_part: number | null;
}

/** Why a school stands out. */
export type StandingOut = {
  readonly school: string;
  readonly name: string | null;
  readonly count: number;
} & (
  | {
      readonly why: 'turned_away';
      readonly turned_away: number;
      readonly asked: number;
      readonly seconds: number;
    }
  | {
      readonly why: 'emptied';
      readonly connections: number;
      readonly connections_before: number;
      readonly seconds: number;
    }
  | { readonly why: 'unreliable'; readonly pupils_tried: number; readonly pupils_at_first_try: number }
);

/** How the hub stands, once a second. */
export interface Moment {
  readonly status: Status;
  readonly beat: Beat;
  readonly indicators: readonly Indicator[];
  readonly refusals: Readonly<Record<string, Refusal>>;
  readonly memory: MemorySum | null;
  readonly reliability: { readonly today: DayTries; readonly before: DayTries | null };
  readonly schools_here: number;
  readonly schools_standing_out: readonly StandingOut[];
  readonly watchers: number;
  readonly watchers_max: number;
}

type Guard = (value: unknown) => boolean;
type Fields = Readonly<Record<string, unknown>>;

const isNumber: Guard = (value) => typeof value === 'number' && Number.isFinite(value);
const isText: Guard = (value) => typeof value === 'string';
const isFlag: Guard = (value) => typeof value === 'boolean';
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const orNull =
  (guard: Guard): Guard =>
  (value) =>
    value === null || guard(value);
const orAbsent =
  (guard: Guard): Guard =>
  (value) =>
    value === undefined || value === null || guard(value);
const listOf =
  (guard: Guard): Guard =>
  (value) =>
    Array.isArray(value) && value.every(guard);
const shaped =
  (shape: Readonly<Record<string, Guard>>): Guard =>
  (value) =>
    isFields(value) && Object.entries(shape).every(([name, guard]) => guard(value[name]));
const each = (names: readonly string[], guard: Guard): Readonly<Record<string, Guard>> =>
  Object.fromEntries(names.map((name) => [name, guard]));

/** What each object of a moment holds, by its path: what is checked, and what the golden events are held to. */
export const SHAPES = {
  beat: { ...each(COUNTED, isNumber), ...each(MEASURED, orNull(isNumber)) },
  indicator: {
    indicator: isText,
    value: orNull(isNumber),
    low: isNumber,
    high: isNumber,
    pressure_part: isNumber,
  },
  refusal: { since_start: isNumber, per_second: orNull(isNumber) },
  memory: {
    ...each(
      ['budget_bytes', 'base_bytes', 'connections', 'seat_bytes', 'queue_pool_bytes', 'queued_bytes'],
      isNumber,
    ),
    is_seat_measured: isFlag,
    reserve_bytes: isNumber,
    resident_bytes: orNull(isNumber),
  },
  tries: {
    date: isText,
    pupils_tried: isNumber,
    pupils_at_first_try: isNumber,
    reliability_part: orNull(isNumber),
  },
  seats: {
    class: isText,
    ...each(['nominal', 'reserve', 'taken', 'lent', 'borrowed', 'waiting', 'admitted'], isNumber),
  },
  window: {
    ...each(['number', 'from', 'until'], isNumber),
    ...each(['from_clock', 'until_clock', 'verdict', 'who', 'why'], isText),
    scope: shaped({ role: isText, school: orAbsent(isText) }),
  },
} satisfies Record<string, Readonly<Record<string, Guard>>>;

const isStep: Guard = (pair) => Array.isArray(pair) && isText(pair[0]) && isNumber(pair[1]);

const GATE = {
  ...each(
    ['level', 'pressure', 'rate', 'seats', 'seats_allowed', 'free', 'recalled', 'live_classes'],
    isNumber,
  ),
  is_evicting: isFlag,
  bound: isText,
  classes: listOf(shaped(SHAPES.seats)),
  evicted: listOf(isStep),
  groups: listOf(shaped({ group: isText, taken: isNumber, lent: isNumber, evicted: listOf(isStep) })),
};

const STATUS = {
  version: isText,
  is_draining: isFlag,
  is_storing: isFlag,
  school_time: isNumber,
  school_clock: isText,
  accounts: isNumber,
  gate: shaped(GATE),
  notice: orNull(shaped({ text: isText, lang: orAbsent(isText), since: isNumber })),
  windows: listOf(shaped(SHAPES.window)),
  posting_stopped: listOf((place) => isFields(place) && (isText(place['class']) || isText(place['school']))),
  kicked: listOf(shaped({ account: isText, seconds: isNumber })),
  calendar_alarm: orNull(isText),
};

/** What a moment holds at its top. */
export const MOMENT = {
  status: shaped(STATUS),
  beat: shaped(SHAPES.beat),
  indicators: listOf(shaped(SHAPES.indicator)),
  refusals: (value: unknown) => isFields(value) && Object.values(value).every(shaped(SHAPES.refusal)),
  memory: orNull(shaped(SHAPES.memory)),
  reliability: shaped({ today: shaped(SHAPES.tries), before: orNull(shaped(SHAPES.tries)) }),
  schools_here: isNumber,
  schools_standing_out: listOf(
    shaped({ school: isText, name: orNull(isText), count: isNumber, why: isText }),
  ),
  watchers: isNumber,
  watchers_max: isNumber,
} satisfies Record<keyof Moment, Guard>;

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A moment, or nothing if it is none. */
export function readMoment(text: string): Moment | undefined {
  const value = read(text);
  return shaped(MOMENT)(value) ? (value as Moment) : undefined;
}

/** The last hour, or nothing if it is none. */
export function readBeats(text: string): Beats | undefined {
  const value = read(text);
  const names = [...COUNTED, ...MEASURED];
  if (!shaped(each(names, listOf(orNull(isNumber))))(value)) return undefined;
  const beats = value as Beats;
  const length = beats.machine_time_ms.length;
  return names.every((name) => beats[name].length === length) ? beats : undefined;
}
