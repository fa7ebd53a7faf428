/** The words of writing in English: forms, what is on its way, what is to be handed in. They come with those. */

import type { BodyProblem } from '@preau/client';
import type { WritingWords } from './fr-writing.ts';

const many = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;

const fields: Record<BodyProblem['field'], string> = {
  body: 'The message',
  text: 'The text',
  title: 'The title',
  subject: 'The subject',
  due: 'The date',
  links: 'The links',
};

function problem({ field, rule, max }: BodyProblem): string {
  switch (rule) {
    case 'empty':
      return `${fields[field]} is missing.`;
    case 'too_long':
      return field === 'links'
        ? `There are too many links, or one is too long (${max} at most).`
        : `${fields[field]} is too long: ${max} characters at most.`;
    case 'due':
      return 'Say for which day.';
    case 'link':
      return 'Each link begins with https:// and stands on a line of its own.';
    case 'control':
    case 'shape':
      return `${fields[field]} holds a character that can’t be sent.`;
  }
}

function failure(code: string): string {
  switch (code) {
    case 'not_allowed':
      return 'You can’t write here.';
    case 'storage_full':
      return 'The hub has no room left. Tell the school; your text stays here.';
    case 'storage_failed':
      return 'The hub can’t store anything at the moment. Try again later.';
    case 'busy':
    case 'rate_limited':
      return 'Too many people are writing at once. Try again in a moment.';
    case 'link_host':
      return 'That site is not among those that the region allows.';
    case 'muted':
    case 'mode_forbids':
    case 'slow_mode':
    case 'posting_stopped':
    case 'shed':
      return 'You can’t write here at the moment.';
    case 'no_lesson':
      return 'The lesson is over.';
    case 'read_only':
      return 'This network only lets you read. Copy your text, or try again from another network.';
    case 'queue_full':
      return 'Too many messages wait for the connection already. Try again when it is back.';
    case 'closed':
      return 'The connection is closed.';
    default:
      return 'The hub did not accept this message.';
  }
}

export const writingWords: WritingWords = {
  sending: {
    label: 'What you are sending',
    sending: 'Sending…',
    waiting: 'Waiting for the connection',
    stored: 'Stored',
    scheduled: 'Scheduled',
    held: 'The teacher reads it first',
    rejected: 'The teacher did not publish it',
    scheduledFor: (day, time) => `Will be published on ${day} at ${time}, within school hours.`,
    failed: 'Not sent',
    failure,
    uncertain: 'It may have been stored: trying again will not double it.',
    retry: 'Try again',
    edit: 'Correct',
    discard: 'Delete',
  },
  composer: {
    label: (title) => `Write: ${title}`,
    text: { post: 'Your message', question: 'Your question' },
    links: 'Links, one per line',
    addLinks: 'Add a link',
    send: { post: 'Send', question: 'Ask' },
    shortcut: 'Ctrl + Enter to send',
    problem,
  },
  due: {
    title: 'To hand in',
    groups: {
      late: 'Late',
      today: 'Today',
      tomorrow: 'Tomorrow',
      week: 'This week',
      later: 'Later',
    },
    empty: 'Nothing to hand in. Enjoy it.',
    incomplete: 'The list may be incomplete: it fills up when the connection is back.',
    count: (count) => many(count, 'assignment', 'assignments'),
    tick: (title) => `Done: ${title}`,
    own: 'Extended for you',
    failed: 'The tick could not be saved.',
    reminders: 'Reminder',
    remind: (title, due) => `“${title}” is due ${due}.`,
  },
};
