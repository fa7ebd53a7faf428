/** Both languages say everything, and say it differently. */

import { expect, test } from 'vitest';

import { ERROR_CODES, ROLES } from '@preau/client';
import { DEMO_WORDS } from '../src/i18n/demo.ts';
import { DESK_WORDS } from '../src/i18n/desk.ts';
import { DIGEST_WORDS } from '../src/i18n/digest.ts';
import { FAMILY_WORDS } from '../src/i18n/family.ts';
import { LANGUAGES, messagesIn, timesIn, type Language } from '../src/i18n/index.ts';
import { LESSON_WORDS } from '../src/i18n/lesson.ts';
import { LOGIN_WORDS } from '../src/i18n/login.ts';
import { OPERATIONS_WORDS } from '../src/i18n/operations.ts';
import { WRITING_WORDS } from '../src/i18n/writing.ts';

/** Everything that the page says, also what is fetched later. */
async function allIn(language: Language) {
  const later = {
    demo: DEMO_WORDS[language],
    desk: DESK_WORDS[language],
    digest: DIGEST_WORDS[language],
    family: FAMILY_WORDS[language],
    lesson: LESSON_WORDS[language],
    login: LOGIN_WORDS[language],
    operations: OPERATIONS_WORDS[language],
    writing: WRITING_WORDS[language],
  };
  return { ...(await messagesIn(language)), later };
}

const MESSAGES = { fr: await allIn('fr'), en: await allIn('en') };

function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}.${name}`));
}

function text(value: unknown, path: string): unknown {
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], value);
}

test('English has every word that French has', () => {
  expect(leaves(MESSAGES.en).sort()).toEqual(leaves(MESSAGES.fr).sort());
  for (const path of leaves(MESSAGES.fr)) expect(text(MESSAGES.en, path), path).not.toBe('');
});

test('hardly anything is the same in both', () => {
  const same = leaves(MESSAGES.fr).filter((path) => {
    const [fr, en] = [text(MESSAGES.fr, path), text(MESSAGES.en, path)];
    return typeof fr === 'string' && fr === en;
  });
  expect(same.sort()).toEqual([
    '.bulletin.urgent',
    '.feed.choices.letters.0',
    '.feed.choices.letters.1',
    '.feed.choices.letters.2',
    '.feed.choices.letters.3',
    '.feed.choices.numbers.0',
    '.feed.choices.numbers.1',
    '.feed.choices.numbers.2',
    '.feed.choices.numbers.3',
    '.feed.choices.numbers.4',
    '.feed.pause',
    '.kinds.post',
    '.kinds.question',
    '.later.lesson.tabs.questions',
    '.roles.guardian',
  ]);
});

test.each(LANGUAGES)('%s has a sentence for every refusal and every rule', (language) => {
  const { line, feed, later } = MESSAGES[language];
  const { sending, composer } = later.writing;
  for (const code of [...ERROR_CODES, 'queue_full', 'closed']) {
    expect(sending.failure(code)).toMatch(/\.$/);
    expect(later.lesson.trouble(code)).toMatch(/\.$/);
  }
  for (const rule of ['shape', 'empty', 'too_long', 'control', 'due', 'link'] as const) {
    for (const field of ['text', 'title', 'subject', 'due', 'links'] as const) {
      const sentence = composer.problem({ field, rule, max: 7 });
      expect(sentence).toMatch(/\.$/);
      expect(sentence).not.toContain('undefined');
    }
  }
  expect(line.waiting(1)).not.toBe(line.waiting(2));
  expect(feed.heldBack(1)).not.toBe(feed.heldBack(2));
});

test('whom one may try to be is told apart by role and class, in each language', () => {
  const lines = LANGUAGES.flatMap((language) =>
    ROLES.map((role) => MESSAGES[language].entrance.about(role, ['2nde A', '1re B'])),
  );
  expect(new Set(lines).size).toBe(LANGUAGES.length * ROLES.length);
  expect(lines).toContain('Enseigne en 2nde A, 1re B');
  expect(lines).toContain('A pupil of 2nde A, 1re B');
  for (const language of LANGUAGES) {
    for (const role of ROLES) expect(MESSAGES[language].entrance.about(role, [])).toMatch(/\p{L}$/u);
  }
});

test('times are the school’s, in the page’s language', () => {
  const ms = 1_774_630_680_000;
  expect(timesIn('fr-FR', 'Europe/Paris').time(ms)).toBe('17:58');
  expect(timesIn('fr-FR', 'Europe/Paris').day(ms)).toBe('vendredi 27 mars');
  expect(timesIn('fr-FR', 'Europe/Paris').due('2026-03-30')).toBe('lundi 30 mars');
  expect(timesIn('fr-FR', 'Europe/Paris').due('2026-03-30T08:00')).toContain('08:00');
  expect(timesIn('en-GB', 'Europe/Paris').day(ms)).toContain('27 March');
  expect(timesIn('en-GB', 'Europe/Paris').date(ms)).toContain('Fri');
  expect(timesIn('fr-FR', 'Indian/Reunion').time(ms)).toBe('20:58');
  expect([10, 120, 5_000].map(timesIn('fr-FR', 'UTC').within)).toEqual([
    'dans 10 minutes',
    'dans 2 heures',
    'dans 4 jours',
  ]);
});
