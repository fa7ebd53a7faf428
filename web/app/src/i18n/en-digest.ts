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
    mail: 'Send me the summary and urgent messages by e-mail too',
    outcome: (isDigestWanted, isMailWanted) =>
      isMailWanted
        ? isDigestWanted
          ? 'Everything is here and written to you too, urgent messages at once.'
          : 'No more summaries. Urgent messages are here and written to you at once.'
        : `${isDigestWanted ? '' : 'No more summaries. '}Without e-mail nothing is written to you, not even urgent messages: you read them here.`,
    language: 'Language of summaries and e-mails',
    languageNote: 'What its sender has not written in that language stays in theirs.',
    save: 'Save',
    saved: 'Saved.',
    failed: 'Your choices could not be saved.',
    loadFailed: 'Your choices could not be read.',
  },
};
