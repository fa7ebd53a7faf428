/** What a feed shows of lessons. */

import { expect, test } from 'vitest';

import type { LessonBody, Publication } from '@preau/client';
import { momentsOf } from '../src/state/moments.ts';

function entry(offset: number, body: LessonBody, channel = 'class:a'): Publication {
  return {
    channel,
    position: { epoch: 'e', offset },
    published_at: offset * 1_000,
    author: 't.martin',
    message_id: `m${offset}`,
    audience: ['teacher', 'student'],
    kind: 'lesson',
    body,
  };
}

const POLL = { poll: 'p1', scale: 'yes_no', text: 'Compris ?', shown: 'closed' } as const;

test('a lesson begins and ends, and a poll says what was asked and what came of it', () => {
  const moments = momentsOf([
    entry(1, { event: 'started', title: 'Vecteurs' }),
    entry(2, { event: 'poll_opened', ...POLL }),
    entry(3, { event: 'rules', mode: 'open', slow_s: 0, moderated: false, reactions: true }),
    entry(4, { event: 'poll_closed', poll: 'p1', counts: [3, 1] }),
    entry(5, { event: 'ended' }),
  ]);
  expect(moments).toMatchObject([
    { at: 1_000, name: 'started', title: 'Vecteurs' },
    { at: 4_000, name: 'poll', poll: { text: 'Compris ?', scale: 'yes_no' }, counts: [3, 1] },
    { at: 5_000, name: 'ended' },
  ]);
  expect(new Set(moments.map(({ key }) => key)).size).toBe(3);
});

test('a poll whose opening is not known, or was another class’s, is left out', () => {
  const opened = entry(2, { event: 'poll_opened', ...POLL }, 'class:b');
  expect(momentsOf([opened, entry(4, { event: 'poll_closed', poll: 'p1' })])).toEqual([]);
});
