/** A thousand clients that fall together do not come back together. */

import { expect, test } from 'vitest';

import { Backoff, BACKOFF_DEFAULTS } from '../src/backoff.ts';
import { ModelClient } from './model/client.ts';
import { ModelHub } from './model/hub.ts';
import { World } from './model/world.ts';

const CLIENTS = 200;

async function gathered(seed: number) {
  const world = new World(seed);
  const hub = new ModelHub(world);
  const clients = Array.from({ length: CLIENTS }, () => new ModelClient(hub));
  for (const { connection } of clients) connection.start();
  const everybody = () => clients.every(({ state }) => state.name === 'live');
  await world.until('everybody is there', everybody);
  await world.run(10_000);
  hub.seatRequests.length = 0;
  return { world, hub, everybody };
}

/** How many of the moments fall into each tenth of a span. */
function tenths(moments: readonly number[], from: number, spanMs: number): number[] {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const moment of moments) {
    const tenth = Math.min(9, Math.floor(((moment - from) / spanMs) * 10));
    counts[tenth] = (counts[tenth] ?? 0) + 1;
  }
  return counts;
}

test('a drained hub’s clients fill its window evenly', async () => {
  const { world, hub, everybody } = await gathered(7);
  const at = world.now();
  hub.cut(4100, '{"code":"draining","retry_ms":[5000,65000]}');
  await world.run(1);
  await world.until('everybody is back', everybody);
  const moments = hub.seatRequests.map((request) => request.at);
  expect(moments).toHaveLength(CLIENTS);
  expect(Math.min(...moments)).toBeGreaterThanOrEqual(at + 5_000);
  // Of 200 draws 20 are expected in each tenth; 5 and 40 lie beyond three standard deviations.
  for (const count of tenths(moments, at + 5_000, 60_000)) {
    expect(count).toBeGreaterThan(5);
    expect(count).toBeLessThan(40);
  }
});

test('a killed hub is asked ever more rarely, and by everybody at another time', async () => {
  const { world, hub, everybody } = await gathered(8);
  hub.requests.length = 0;
  hub.down = true;
  hub.cut();
  const at = world.now();
  await world.run(300_000);
  expect(hub.seatRequests).toHaveLength(0);
  // In the fifth minute each client asks once in 15 s on average, and no second sees a crowd.
  const late = hub.requests.filter((moment) => moment > at + 240_000).length;
  expect(late).toBeLessThan((60 / 15) * CLIENTS * 1.3);
  hub.down = false;
  const up = world.now();
  await world.until('everybody is back', everybody);
  expect(world.now() - up).toBeLessThanOrEqual(BACKOFF_DEFAULTS.capMs + 1_000);
  const counts = tenths(
    hub.seatRequests.map((entry) => entry.at),
    up,
    BACKOFF_DEFAULTS.capMs,
  );
  expect(Math.max(...counts)).toBeLessThan(CLIENTS / 2);
  expect(hub.seatRequests).toHaveLength(CLIENTS);
});

test('the range doubles up to the cap, and only a stable connection starts it afresh', () => {
  const widest = { fraction: () => 1, id: () => 'x' };
  const backoff = new Backoff(BACKOFF_DEFAULTS, widest);
  const waits = Array.from({ length: 8 }, () => backoff.next());
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  backoff.ended(BACKOFF_DEFAULTS.stableMs - 1);
  expect(backoff.next()).toBe(30_000);
  backoff.ended(BACKOFF_DEFAULTS.stableMs);
  expect(backoff.next()).toBe(1_000);
  for (let failure = 0; failure < 5_000; failure += 1) backoff.next();
  expect(backoff.next()).toBe(30_000);
});

test('windows and at-once advice add our own wait to a line that keeps falling', () => {
  const widest = { fraction: () => 1, id: () => 'x' };
  const backoff = new Backoff(BACKOFF_DEFAULTS, widest);
  expect([backoff.within([10, 20]), backoff.within([10, 20]), backoff.atOnce()]).toEqual([20, 2_020, 4_000]);
  backoff.ended(BACKOFF_DEFAULTS.stableMs);
  expect([backoff.atOnce(), backoff.atOnce()]).toEqual([0, 2_000]);
});
