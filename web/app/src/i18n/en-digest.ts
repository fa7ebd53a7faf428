/** The words of a guardian's evening in English. */

import type { DigestWords } from './fr-digest.ts';

const many = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;

export const digestWords: DigestWords = {
  digest: {
    title: (day) => `Summary of ${day}`,
    none: 'In the evening, in peace',
    noneText:
      'A summary of your children’s day arrives here each evening, with what the schools have to tell you. There is nothing to watch for: the page updates by itself.',
    school: 'For the whole school',
    child: (name) => `For ${name}`,
    leftOut: (count) => `${many(count, 'item follows', 'items follow')} in the next summary.`,
    past: 'Earlier summaries',
    now: 'Without waiting for the summary',
    failed: 'Earlier summaries could not be read yet.',
  },
  preferences: {
    title: 'Your summaries',
    digest: 'Get a summary',
    frequencies: {
      daily: 'Each evening of a school day',
      weekly: 'Once a week, on Fridays',
      off: 'Never',
    },
    off: 'You will get urgent messages only.',
    mail: 'Send it by e-mail too',
    language: 'Language',
    save: 'Save',
    saved: 'Saved.',
    failed: 'Your choices could not be saved.',
    loadFailed: 'Your choices could not be read.',
  },
};
