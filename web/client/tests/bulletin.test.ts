/** What those who wait can read: gently asked for, complete, and never worse than what was read before. */

import { expect, test } from 'vitest';

import { BulletinReader, type Bulletin } from '../src/bulletin.ts';
import type { HttpAnswer, HttpRequest } from '../src/environment.ts';
import { World } from './model/world.ts';

const item = (published_at: number, text: string) => ({
  published_at,
  kind: 'announcement',
  body: { title: text, text },
});
const page = (publications: unknown[], notice?: unknown) => JSON.stringify({ publications, notice });

function setUp(answer: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>, seed = 1) {
  const world = new World(seed);
  const asked: (HttpRequest & { readonly at: number })[] = [];
  const environment = {
    clock: world,
    chance: world,
    hub: 'hub:',
    request: async (request: HttpRequest) => {
      asked.push({ ...request, at: world.now() });
      return answer(request);
    },
    open: () => ({ send: () => undefined, close: () => undefined }),
    positions: { read: () => undefined, write: () => undefined, forget: () => undefined },
  };
  const dates: number[] = [];
  const reader = new BulletinReader(environment, ['lp'], (ms) => dates.push(ms));
  const told: Bulletin[] = [];
  const stop = reader.onChange((bulletin) => told.push(bulletin));
  return { world, asked, dates, reader, told, stop };
}

test('school and region are one list, the newest first, and a notice is said once', async () => {
  const notice = { text: 'Retards ce matin', since: 5 };
  const { world, reader, told, asked } = setUp(({ url }) =>
    url === 'hub:/v1/bulletin/region'
      ? { status: 200, text: page([{ ...item(20, 'region'), urgent: true }], notice) }
      : { status: 200, text: page([item(10, 'old'), item(30, 'new')], notice) },
  );
  expect(told).toEqual([{ items: [], notices: [] }]);
  reader.start();
  await world.run(4_000);
  expect(told.at(-1)!.items.map(({ body }) => body.text)).toEqual(['new', 'region', 'old']);
  expect(told.at(-1)!.items[1]!.urgent).toBe(true);
  expect(told.at(-1)!.notices).toEqual([notice]);
  expect(asked.map(({ url }) => url)).toEqual(['hub:/v1/bulletin/lp', 'hub:/v1/bulletin/region']);
  expect(asked[0]!.headers).toEqual({ accept: 'application/json' });
});

test('at most once a minute, with what is known already, and nobody is told of what did not change', async () => {
  const { world, reader, told, asked, dates } = setUp(({ headers }) =>
    headers['if-none-match'] === '"1"'
      ? { status: 304, text: '', date: 7 }
      : { status: 200, text: page([item(1, 'x')]), etag: '"1"' },
  );
  reader.start();
  reader.start();
  await world.run(600_000);
  const moments = asked.filter(({ url }) => url.endsWith('region')).map(({ at }) => at);
  expect(moments.length).toBeGreaterThanOrEqual(6);
  for (const [index, at] of moments.slice(1).entries())
    expect(at - moments[index]!).toBeGreaterThanOrEqual(60_000);
  expect(told).toHaveLength(2);
  expect(dates.every((ms) => ms === 7)).toBe(true);
  expect(dates.length).toBeGreaterThan(0);
});

test('once is once, also when it is asked for again at once, and is followed by as many as one likes after a start', async () => {
  const { world, reader, asked, told } = setUp(() => ({ status: 200, text: page([item(1, 'x')]) }));
  reader.once();
  reader.once();
  await world.run(3_600_000);
  expect(asked.length).toBe(2);
  expect(told).toHaveLength(2);
  reader.once();
  await world.run(4_000);
  expect(asked.length).toBe(4);
  // Too soon after the last time: nothing.
  reader.once();
  await world.run(600_000);
  expect(asked.length).toBe(4);
  reader.once();
  reader.start();
  await world.run(600_000);
  expect(asked.length).toBeGreaterThan(10);
  reader.once();
  await world.run(600_000);
  const before = asked.length;
  await world.run(3_600_000);
  expect(asked.length).toBe(before);
});

test('stopped and started, it is still at most once a minute', async () => {
  const { world, reader, asked, stop } = setUp(() => ({ status: 200, text: page([]) }));
  for (let round = 0; round < 30; round += 1) {
    reader.start();
    await world.run(4_000);
    reader.stop();
  }
  expect(asked.length).toBeLessThanOrEqual(2 * 3);
  const before = asked.length;
  stop();
  await world.run(600_000);
  expect(asked).toHaveLength(before);
});

test.each([
  ['an error', { status: 503, text: '{}' }],
  ['no JSON', { status: 200, text: '<html>' }],
  ['no list', { status: 200, text: '{"publications":{}}' }],
  ['a strange item', { status: 200, text: page([{ published_at: 1, kind: 'post', body: {} }]) }],
  ['an item without a time', { status: 200, text: page([{ kind: 'post', body: { text: 'x' } }]) }],
  ['a strange notice', { status: 200, text: page([], { text: 7 }) }],
  ['nothing', undefined],
] as const)('after %s what was read stays, and it is asked for ever more rarely', async (_, broken) => {
  let isBroken = false;
  const good = { status: 200, text: page([item(1, 'x')]) };
  const { world, reader, told, asked } = setUp(() => {
    if (!isBroken) return good;
    return broken ?? Promise.reject(new Error('refused'));
  });
  reader.start();
  await world.run(4_000);
  isBroken = true;
  await world.run(3_600_000);
  expect(told.at(-1)!.items).toHaveLength(2);
  expect(asked.length / 2).toBeLessThan(12);
  isBroken = false;
  await world.run(900_000);
  expect(told.length).toBeGreaterThan(2);
});
