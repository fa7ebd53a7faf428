/** The languages of the page, and how each writes times of the school. */

import { fr, type Messages } from './fr.ts';

export type { Messages };
export const LANGUAGES = ['fr', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The words of a language. French is there from the start; another is fetched once it is spoken. */
export async function messagesIn(language: Language): Promise<Messages> {
  return language === 'fr' ? fr : (await import('./en.ts')).en;
}

export { fr };

/** School moments as words. */
export interface Times {
  /** 17:58 */
  time(ms: number): string;
  /** ven. 27 mars */
  date(ms: number): string;
  /** vendredi 27 mars */
  day(ms: number): string;
  /** dans 10 minutes; in hours or days where minutes would be too many to imagine */
  within(minutes: number): string;
  /** A due date: with its time if it has one. */
  due(civil: string): string;
}

/** How a language writes the times of a zone. */
export function timesIn(locale: string, zone: string): Times {
  const zoned = (timeZone: string, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const clock = { hour: '2-digit', minute: '2-digit' } as const;
  const day = { weekday: 'short', day: 'numeric', month: 'long' } as const;
  const wholeDay = zoned(zone, { ...day, weekday: 'long' });
  const time = zoned(zone, clock);
  const date = zoned(zone, day);
  const relative = new Intl.RelativeTimeFormat(locale);
  // A civil time is written in no zone: it is read and shown in the same one.
  const dueDay = zoned('UTC', { ...day, weekday: 'long' });
  const dueMinute = zoned('UTC', { ...day, weekday: 'long', ...clock });
  return {
    time: (ms) => time.format(ms),
    date: (ms) => date.format(ms),
    day: (ms) => wholeDay.format(ms),
    within: (minutes) => {
      if (minutes <= 90) return relative.format(minutes, 'minute');
      const hours = Math.ceil(minutes / 60);
      return hours <= 36 ? relative.format(hours, 'hour') : relative.format(Math.ceil(hours / 24), 'day');
    },
    due: (civil) =>
      civil.length === 10
        ? dueDay.format(Date.parse(`${civil}T00:00Z`))
        : dueMinute.format(Date.parse(`${civil}Z`)),
  };
}
