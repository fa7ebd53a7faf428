/** Limits as fields: by their path, as the hub names them, each with what is in force. */

import { CLASSES } from './moment.ts';
import type { Limits } from './office.ts';

export interface LimitField {
  readonly path: string;
  readonly value: number;
  /** Whether operators have set it; else it follows the configuration. */
  readonly isSet: boolean;
}

function leaves(value: unknown, path: string): (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]];
  const below = (name: string) => (path === '' ? name : `${path}.${name}`);
  if (Array.isArray(value)) {
    return value.flatMap((inner, index) => leaves(inner, below(CLASSES[index] ?? String(index))));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, below(name)));
}

/** Every limit that is a number. */
export function fieldsOf({ limits, set }: Limits): LimitField[] {
  return leaves(limits, '').map(([path, value]) => ({ path, value: rounded(value), isSet: path in set }));
}

/** The hub keeps some as single-precision numbers: their digits beyond the sixth say nothing. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** Where a limit is shown. */
export function groupOf(path: string): string {
  if (path === 'seats_max') return 'seats';
  const [first = ''] = path.split('.');
  return path.includes('.') ? first : 'durations';
}

/** What is to be set: what was typed and differs, and `null` for what is given back; nothing if nothing is. */
export function wantedLimits(
  fields: readonly LimitField[],
  typed: Readonly<Record<string, string>>,
  given: Readonly<Record<string, boolean>>,
): Readonly<Record<string, number | null>> | undefined {
  const set: Record<string, number | null> = {};
  for (const { path, value, isSet } of fields) {
    const text = (typed[path] ?? '').trim();
    if (isSet && given[path]) set[path] = null;
    else if (text !== '' && Number.isFinite(Number(text)) && Number(text) !== value) set[path] = Number(text);
  }
  return Object.keys(set).length === 0 ? undefined : set;
}
