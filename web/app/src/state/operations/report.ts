/** The report as a file: one line for each day and place. What programs read is the hub's own JSON. */

import type { ReportDay, ReportRow } from './office.ts';

const ROLES = ['teacher', 'student', 'guardian', 'staff', 'operator'] as const;
/** The place that stands for all schools. */
const REGION = 'region';

/** Quoted where it must be (RFC 4180); what a spreadsheet would take for a formula is made text. */
function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The days as CSV, with a line of names first. Refusals are columns of their own, by reason. */
export function csvOf(days: readonly ReportDay[]): string {
  const rows = days.flatMap((day) => [
    { date: day.date, place: REGION, row: day.region },
    ...Object.entries(day.schools).map(([place, row]) => ({ date: day.date, place, row })),
  ]);
  const reasons = [...new Set(rows.flatMap(({ row }) => Object.keys(row.refused)))].sort();
  const named = (name: string) => ROLES.map((role) => `${name}_${role}`);
  const head = [
    'date',
    'place',
    'pupils_tried',
    'pupils_at_first_try',
    'reliability_part',
    ...named('peak'),
    ...named('visits'),
    ...named('mean_visit_seconds'),
    'publications',
    'deliveries',
    ...reasons.map((reason) => `refused_${reason}`),
  ];
  const cells = ({ date, place, row }: { date: string; place: string; row: ReportRow }) => [
    date,
    place,
    row.pupils_tried,
    row.pupils_at_first_try,
    row.reliability,
    ...ROLES.map((role) => row.peak[role]),
    ...ROLES.map((role) => row.visits[role]),
    ...ROLES.map((role) => row.mean_visit_seconds[role]),
    row.publications,
    row.deliveries,
    ...reasons.map((reason) => row.refused[reason] ?? 0),
  ];
  return [head, ...rows.map(cells)].map((line) => line.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** The day so many days from another, both as YYYY-MM-DD. */
export function dayFrom(date: string, days: number): string {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** What a file of these days is called. */
export function nameOf(days: readonly ReportDay[], kind: 'csv' | 'json'): string {
  const [first, last] = [days[0]?.date ?? '', days.at(-1)?.date ?? ''];
  return `preau-report-${first === last ? first : `${first}-${last}`}.${kind}`;
}

export interface Served {
  readonly school: string;
  readonly tried: number;
  readonly part: number;
}

/** Schools of which the fewest pupils got in at the first try, over all days; the worst first. */
export function worstServed(days: readonly ReportDay[], most = 8): Served[] {
  const sums = new Map<string, { tried: number; first: number }>();
  for (const { schools } of days) {
    for (const [school, row] of Object.entries(schools)) {
      const sum = sums.get(school) ?? { tried: 0, first: 0 };
      sum.tried += row.pupils_tried;
      sum.first += row.pupils_at_first_try;
      sums.set(school, sum);
    }
  }
  const served = [...sums].filter(([, { tried }]) => tried > 0);
  return served
    .map(([school, { tried, first }]) => ({ school, tried, part: first / tried }))
    .sort((one, other) => one.part - other.part || other.tried - one.tried)
    .slice(0, most);
}
