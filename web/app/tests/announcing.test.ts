/** What a screen reader is told of a feed. */

import { expect, test } from 'vitest';

import { World } from '../../client/tests/model/world.ts';
import { Announcing, BUSY_COUNT, BUSY_MS } from '../src/state/announcing.ts';

function listen() {
  const world = new World(3);
  const announcing = new Announcing(world);
  const said: number[] = [];
  announcing.view.subscribe(({ counted }) => void (counted > 0 && said.push(counted)));
  return { world, announcing, said, view: () => announcing.view.value };
}

test('a calm feed is read out message by message, for however long', async () => {
  const { world, announcing, view } = listen();
  for (let minute = 0; minute < 30; minute += 1) {
    announcing.arrived(BUSY_COUNT);
    expect(view()).toEqual({ isBusy: false, counted: 0 });
    await world.run(BUSY_MS);
  }
});

test('a busy one is counted out loud, once in a while, and read again when it is calm', async () => {
  const { world, announcing, said, view } = listen();
  // Two a second for half a minute.
  for (let half = 0; half < 60; half += 1) {
    announcing.arrived(1);
    await world.run(500);
  }
  expect(view().isBusy).toBe(true);
  expect(said.length).toBeGreaterThanOrEqual(2);
  expect(said.length).toBeLessThanOrEqual(3);
  await world.run(2 * BUSY_MS);
  expect(view().isBusy).toBe(false);
  // Nothing is lost between what was read and what was counted.
  expect(said.reduce((sum, count) => sum + count, 0)).toBe(60 - BUSY_COUNT);
  announcing.arrived(1);
  expect(view().isBusy).toBe(false);
});

test('a burst is busy at once, and a thousand at once are one burst', async () => {
  const { world, announcing, said, view } = listen();
  announcing.arrived(1_000);
  expect(view()).toEqual({ isBusy: true, counted: 0 });
  announcing.arrived(3);
  await world.run(2 * BUSY_MS + 1);
  expect(said).toEqual([1_003]);
  expect(view().isBusy).toBe(false);
});

test('nothing is said after it was stopped', async () => {
  const { world, announcing, said } = listen();
  announcing.arrived(20);
  announcing.arrived(20);
  announcing.stop();
  await world.run(60_000);
  expect(said).toEqual([]);
});
