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
    count: (count) => many(count, 'item', 'items'),
    nothing: (name) => `Nothing in particular for ${name}.`,
    earlier: 'Older summaries',
    oldest: 'No older summary: they are kept for a time only.',
    full: (count) => `This page shows the last ${count} summaries.`,
    now: 'Urgent, without waiting for the summary',
    older: (count) => many(count, 'older message', 'older messages'),
    failed: 'The summaries could not be read. Try again.',
  },
  preferences: {
    title: 'Your summaries',
    digest: 'Get a summary',
    frequencies: {
      daily: 'Each evening of a school day',
      weekly: 'Once a week',
      off: 'Never',
    },
    mail: 'Send me the summary by e-mail too',
    outcome: (isDigestWanted, isMailWanted) => {
      if (!isDigestWanted) return 'No more summaries, neither here nor by e-mail.';
      return isMailWanted ? 'It is here, and written to you too.' : 'It is here alone.';
    },
    urgentMail: 'Send me urgent messages by e-mail at once',
    urgentOutcome: (isWanted) =>
      isWanted
        ? 'They are here and written to you at once, also without a summary.'
        : 'They are here alone: no e-mail tells you.',
    language: 'Language of summaries and e-mails',
    languageNote: 'What its sender has not written in that language stays in theirs.',
    save: 'Save',
    saved: 'Saved.',
    failed: 'Your choices could not be saved.',
    loadFailed: 'Your choices could not be read.',
  },
};
