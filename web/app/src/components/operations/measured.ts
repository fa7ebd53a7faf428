/** A measured value in words: milliseconds, or a part of the whole. */

import type { OperationsWords } from '../../i18n/operations.ts';
import type { IndicatorName } from '../../state/operations/moment.ts';

export function percent(say: OperationsWords, part: number): string {
  return part.toLocaleString(say.locale, {
    style: 'percent',
    maximumFractionDigits: part > 0.99 && part < 1 ? 1 : 0,
  });
}

export function measured(say: OperationsWords, indicator: IndicatorName, value: number | null): string {
  if (value === null) return say.causes.notNow;
  return indicator.endsWith('_ms') ? `${say.number(Math.round(value))} ms` : percent(say, value);
}
