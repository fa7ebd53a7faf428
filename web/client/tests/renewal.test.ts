/** The token is replaced on the open line, before it ends. */

import { expect, test } from 'vitest';

import { LoggedOut, type TokenSource } from '../src/token.ts';
import { ModelClient } from './model/client.ts';
import { ModelHub } from './model/hub.ts';
import { World } from './model/world.ts';

async function setUp(tokenLifeMs: number, token?: TokenSource, seed = 1, leaseMs?: number) {
  const world = new World(seed);
  const hub = new ModelHub(world);
  hub.tokenLifeMs = tokenLifeMs;
  hub.leaseMs = leaseMs;
  const client = new ModelClient(hub, token ? { token } : {});
  client.connection.start();
  await world.until('live', () => client.state.name === 'live');
  const refreshes = () => hub.heard.filter(({ message }) => message.type === 'refresh');
  return { world, hub, client, refreshes };
}

test('in its last minute, at a moment drawn by lot', async () => {
  const moments = [];
  for (let seed = 1; seed <= 10; seed += 1) {
    const { world, refreshes, client } = await setUp(600_000, undefined, seed);
    await world.run(600_000);
    const [first] = refreshes();
    expect(first!.at).toBeGreaterThan(540_000);
    expect(first!.at).toBeLessThan(575_000);
    expect(first!.message).toMatchObject({ token: 'token-2' });
    expect(client.path).toEqual(['idle', 'connecting', 'live']);
    moments.push(first!.at);
  }
  expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(5_000);
});

test('again and again, for as long as the connection lives', async () => {
  const { world, refreshes } = await setUp(60_000);
  await world.run(600_000);
  expect(refreshes().length).toBeGreaterThanOrEqual(10);
  expect(refreshes().length).toBeLessThanOrEqual(14);
});

test('a lease that ends before the token is renewed in its place', async () => {
  const { world, refreshes, client } = await setUp(3_600_000, undefined, 1, 300_000);
  await world.run(1_500_000);
  const moments = refreshes().map(({ at }) => at);
  const gaps = moments.map((at, index) => at - (moments[index - 1] ?? 0));
  expect(moments.length).toBeGreaterThanOrEqual(5);
  for (const gap of gaps) {
    expect(gap).toBeGreaterThan(235_000);
    expect(gap).toBeLessThan(290_000);
  }
  expect(client.path).toEqual(['idle', 'connecting', 'live']);
});

test('the resume token that came last is the one that is shown', async () => {
  const { world, hub, client } = await setUp(3_600_000, undefined, 1, 300_000);
  await world.run(300_000);
  hub.cut(4200, '{"code":"idle"}');
  await world.run(1_000);
  await world.until('live', () => client.state.name === 'live');
  expect(hub.seatRequests.at(-1)!.shown.resume).toMatch(/^resume-1-\d+$/);
});

test('a token that ends before the lease decides', async () => {
  const { world, refreshes } = await setUp(120_000, undefined, 1, 3_600_000);
  await world.run(120_000);
  expect(refreshes().length).toBeGreaterThanOrEqual(1);
});

test('a token that can’t be had yet is asked for again; one that was refused is replaced', async () => {
  let failures = 3;
  const { world, hub, refreshes } = await setUp(600_000, (why) =>
    why === 'expiring' && (failures -= 1) > 0
      ? Promise.reject(new Error('offline'))
      : Promise.resolve(`${why}`),
  );
  let refused = false;
  hub.intercept = (message) => {
    if (message.type !== 'refresh' || refused) return undefined;
    refused = true;
    return { type: 'error', id: message.id, code: 'token_invalid', message: 'no' };
  };
  await world.run(600_000);
  expect(refreshes()).toHaveLength(2);
});

test('if there is none to be had, the hub’s close asks once more and then it is over', async () => {
  const { world, hub, client, refreshes } = await setUp(60_000, (why) =>
    why === 'first' ? Promise.resolve('t') : Promise.reject(new LoggedOut()),
  );
  await world.run(61_000);
  const asked = client.tokenAsked.length;
  expect(asked).toBeLessThan(20);
  await world.run(600_000);
  expect(client.tokenAsked).toHaveLength(asked);
  expect(refreshes()).toEqual([]);
  hub.cut(4001, '{"code":"token_expired"}');
  await world.run(100);
  expect(client.state).toEqual({ name: 'closed', cause: { kind: 'logged_out' } });
});
