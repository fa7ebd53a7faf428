/** Ticks: shown at once, taken back if the hub does not take them. */

import { expect, test } from 'vitest';

import { Connection } from '@preau/client';
import { MarksModel } from '../src/state/marks.ts';
import { FakeSchool } from './fakes.ts';

function open() {
  const fake = new FakeSchool();
  const connection = new Connection({ environment: fake.environment, token: () => Promise.resolve('t') });
  const marks = new MarksModel(connection.http.marks);
  const has = (which: 'done' | 'read' | 'failed') => [...marks.view.value[which]];
  return { fake, marks, has };
}

test('what was said before is known again', async () => {
  const { fake, marks, has } = open();
  fake.answers['/v1/marks'] = 'unreachable';
  await marks.refill();
  expect(has('done')).toEqual([]);
  fake.answers['/v1/marks'] = [
    200,
    { done: [{ item: 'd', done_at: 1 }], receipts: ['r'], extensions: [{ item: 'e', due: '2026-04-02' }] },
  ];
  await marks.refill();
  expect([has('done'), has('read'), [...marks.view.value.own]]).toEqual([
    ['d'],
    ['r'],
    [['e', '2026-04-02']],
  ]);
  // What was marked elsewhere while the line was cut.
  fake.answers['/v1/marks'] = [200, { done: [], receipts: ['r'], extensions: [] }];
  await marks.refill();
  expect([has('done'), has('read'), [...marks.view.value.own]]).toEqual([[], ['r'], []]);
});

test('what is marked in another tab shows at once, and of several the hub is asked once', async () => {
  const { fake, marks, has } = open();
  marks.told({ item: 'a', done_at: 5 });
  marks.told({ item: 'b', done_at: 6 });
  marks.told({ item: 'a', done_at: null });
  expect([has('done'), fake.asked]).toEqual([['b'], []]);
  fake.answers['/v1/marks'] = [200, { done: [{ item: 'c', done_at: 7 }], receipts: [], extensions: [] }];
  for (let times = 0; times < 5; times += 1) marks.told(null);
  await expect.poll(() => has('done')).toEqual(['c']);
  expect(fake.asked.length).toBeLessThanOrEqual(2);
});

test('an answer that is older than what was told does not undo it', async () => {
  const { fake, marks, has } = open();
  fake.answers['/v1/marks'] = [200, { done: [{ item: 'a', done_at: 1 }], receipts: [], extensions: [] }];
  const refilled = marks.refill();
  marks.told({ item: 'a', done_at: null });
  marks.told({ item: 'b', done_at: 2 });
  await refilled;
  expect(has('done')).toEqual(['b']);
});

test('an answer that is older than a tick does not undo it', async () => {
  const { fake, marks, has } = open();
  fake.answers['/v1/marks'] = [200, { done: [{ item: 'a', done_at: 1 }], receipts: [], extensions: [] }];
  fake.answers['PUT /v1/items/a/done'] = [200, {}];
  fake.answers['PUT /v1/items/b/done'] = [200, {}];
  const refilled = marks.refill();
  await Promise.all([refilled, marks.tick('a', false), marks.tick('b', true)]);
  expect(has('done')).toEqual(['b']);
});

test('a tick that the hub does not take is taken back, and said; trying again takes the word away', async () => {
  const { fake, marks, has } = open();
  fake.answers['POST /v1/items/a/receipt'] = 'unreachable';
  const asking = marks.acknowledge('a');
  expect(has('read')).toEqual(['a']);
  await asking;
  expect([has('read'), has('failed')]).toEqual([[], ['a']]);
  fake.answers['POST /v1/items/a/receipt'] = [200, {}];
  await marks.acknowledge('a');
  expect([has('read'), has('failed')]).toEqual([['a'], []]);
});
