/** Folding: each item once, in the version that holds. */

import { expect, test } from 'vitest';

import { fold } from '../src/items.ts';
import type { AnnouncementBody, Logged, Publication } from '../src/messages.ts';

let offset = 0;
function logged(channel: string, at = (offset += 1)): Logged {
  return {
    channel,
    position: { epoch: '00000001', offset: at },
    author: 't',
    message_id: `m${at}`,
    audience: ['student'],
    published_at: at,
  };
}

function notice(channel: string, version: number, part: Partial<AnnouncementBody> = {}): Publication {
  const body = { title: `v${version}`, text: 'x', item: 'i', version, ...part };
  return { ...logged(channel), kind: 'announcement', body };
}

const post = (channel: string): Publication => ({ ...logged(channel), kind: 'post', body: { text: 'x' } });
const gone = (channel: string): Publication => ({
  ...logged(channel),
  kind: 'withdrawal',
  body: { item: 'i' },
});

/** The same list in every order. */
function orders<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((head, index) =>
    orders(list.filter((_, at) => at !== index)).map((rest) => [head, ...rest]),
  );
}

test('an item that comes in several channels and versions is one, whatever the order', () => {
  const all = [notice('class:a', 1), notice('class:b', 1), notice('class:a', 2), notice('class:b', 2)];
  for (const order of orders(all)) {
    const [held, ...others] = fold(order);
    expect(others).toEqual([]);
    expect(held).toMatchObject({ key: 'item i', isChanged: true, isWithdrawn: false });
    expect(held?.publication.body).toMatchObject({ title: 'v2' });
    expect(held?.first.published_at).toBe(all[0]!.published_at);
  }
});

test('a withdrawal holds against every version, in whichever order they come', () => {
  for (const order of orders([notice('class:a', 1), notice('class:a', 2), gone('class:a')])) {
    expect(fold(order)).toMatchObject([{ isWithdrawn: true }]);
  }
  expect(fold([gone('class:a')])).toEqual([]);
});

test('what belongs to no item stays as it is, in its place', () => {
  const list = [post('class:a'), notice('class:a', 1), post('class:a'), notice('class:a', 2)];
  expect(fold(list).map(({ publication }) => publication.body)).toEqual([
    list[0]!.body,
    list[3]!.body,
    list[2]!.body,
  ]);
});

test('after its hour an announcement is not shown; the version that holds says which', () => {
  const first = notice('class:a', 1, { expires_at: 100 });
  expect(fold([first], 99)).toHaveLength(1);
  expect(fold([first], 100)).toEqual([]);
  expect(fold([first, notice('class:a', 2, { expires_at: 200 })], 100)).toHaveLength(1);
  expect(fold([first], undefined)).toHaveLength(1);
});
