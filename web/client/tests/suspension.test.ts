/** Outside one's hours: nothing is asked until the promised one, whatever the device believes of the time. */

import { describe, expect, test } from 'vitest';

import { HubClock } from '../src/hub-clock.ts';
import { ModelClient } from './model/client.ts';
import { place, suspended } from './model/answers.ts';
import { ModelHub } from './model/hub.ts';
import { World } from './model/world.ts';

const HOUR_MS = 3_600_000;
/** 2026-03-27T08:00 in Paris. */
const EIGHT = 1_774_594_800_000;

function setUp(seed = 1) {
  const world = new World(seed);
  const hub = new ModelHub(world);
  const client = new ModelClient(hub);
  const live = () => world.until('live', () => client.state.name === 'live', 48 * HOUR_MS);
  const gap = () => hub.seatRequests.at(-1)!.at - hub.seatRequests.at(-2)!.at;
  return { world, hub, client, live, gap };
}

describe('refused at the door', () => {
  test('comes back at the promised hour, and asks nothing before', async () => {
    const { hub, client, live, gap } = setUp();
    hub.seatAnswers.push(suspended(EIGHT + 10 * HOUR_MS, EIGHT));
    client.connection.start();
    await live();
    expect(client.path).toEqual(['idle', 'connecting', 'suspended', 'connecting', 'live']);
    expect(client.states).toContainEqual(
      expect.objectContaining({ name: 'suspended', opensAt: EIGHT + 10 * HOUR_MS }),
    );
    expect(hub.seatRequests).toHaveLength(2);
    expect(gap()).toBeGreaterThanOrEqual(10 * HOUR_MS);
    expect(gap()).toBeLessThanOrEqual(10 * HOUR_MS + 3_100);
  });

  test('tells the time by the answer’s date where nothing else tells it', async () => {
    const { hub, client, live, gap } = setUp();
    hub.date = (now) => EIGHT + now;
    hub.seatAnswers.push(suspended(EIGHT + HOUR_MS));
    client.connection.start();
    await live();
    expect(gap()).toBeGreaterThanOrEqual(HOUR_MS - 40);
    expect(gap()).toBeLessThanOrEqual(HOUR_MS + 3_100);
  });

  test.each([
    ['an hour that nobody knows', undefined, EIGHT],
    ['a time that nobody knows', EIGHT + HOUR_MS, undefined],
  ])('%s is asked for again, rarely', async (_, opensAt, schoolTime) => {
    const { hub, client, live, gap } = setUp();
    hub.seatAnswers.push(suspended(opensAt, schoolTime));
    client.connection.start();
    await live();
    expect(gap()).toBeGreaterThanOrEqual(15 * 60_000);
    expect(gap()).toBeLessThanOrEqual(23 * 60_000);
  });

  test('an hour that has passed is no reason to ask without end', async () => {
    const { world, hub, client, live } = setUp();
    for (let index = 0; index < 6; index += 1) hub.seatAnswers.push(suspended(EIGHT - 1, EIGHT));
    client.connection.start();
    await world.run(60_000);
    expect(hub.seatRequests.length).toBeLessThanOrEqual(6);
    await live();
  });

  test('those of one second do not come together', async () => {
    const moments: number[] = [];
    for (let seed = 1; seed <= 20; seed += 1) {
      const { hub, client, live } = setUp(seed);
      hub.seatAnswers.push(suspended(EIGHT + HOUR_MS, EIGHT));
      client.connection.start();
      await live();
      moments.push(hub.seatRequests.at(-1)!.at);
    }
    expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(1_500);
  });

  test('waking asks nothing; the evening may begin in the waiting room', async () => {
    const { world, hub, client, live } = setUp();
    hub.seatAnswers.push(suspended(EIGHT + HOUR_MS, EIGHT), place(9, 5_000));
    client.connection.start();
    for (let minute = 0; minute < 50; minute += 1) {
      await world.run(60_000);
      client.connection.wake();
    }
    expect(hub.requests).toHaveLength(1);
    await live();
    expect(client.path).toEqual(['idle', 'connecting', 'suspended', 'queued', 'connecting', 'live']);
  });

  test('can be left', async () => {
    const { world, hub, client } = setUp();
    hub.seatAnswers.push(suspended(EIGHT + HOUR_MS, EIGHT));
    client.connection.start();
    await world.run(1_000);
    client.connection.close();
    await world.run(2 * HOUR_MS);
    expect(hub.requests).toHaveLength(1);
  });
});

describe('ended on the line', () => {
  test('comes back at the hour in the close, by the school time that the line told', async () => {
    const { world, hub, client, live, gap } = setUp();
    client.connection.start();
    await live();
    // The model hub's school time is 5,000,000 ms ahead of the world's.
    const opensAt = 5_000_000 + Math.round(world.now()) + HOUR_MS;
    hub.cut(4004, JSON.stringify({ code: 'suspended', opens_at: opensAt }));
    await world.run(1);
    expect(client.state).toMatchObject({ name: 'suspended', opensAt });
    await live();
    expect(gap()).toBeGreaterThanOrEqual(HOUR_MS);
    expect(gap()).toBeLessThanOrEqual(HOUR_MS + 3_200);
    expect(hub.seatRequests.at(-1)!.shown).toEqual({});
  });

  test.each(['', '{"code":"suspended"}', '{"code":"suspended","opens_at":"soon"}'])(
    'a reason %j names no hour',
    async (reason) => {
      const { world, hub, client, live } = setUp();
      client.connection.start();
      await live();
      hub.cut(4004, reason);
      await world.run(1);
      expect(client.state).toMatchObject({ name: 'suspended', opensAt: undefined });
      await world.run(14 * 60_000);
      expect(hub.requests).toHaveLength(1);
    },
  );

  test('a clock that is set, or runs faster, moves the one timer', async () => {
    const { world, hub, client, live } = setUp();
    client.connection.start();
    await live();
    hub.cut(4004, JSON.stringify({ code: 'suspended', opens_at: EIGHT + 10 * HOUR_MS }));
    await world.run(1);
    client.connection.setSchoolTime(EIGHT);
    await world.run(20_000);
    expect(hub.requests).toHaveLength(1);
    client.connection.setSchoolTime(EIGHT + 9 * HOUR_MS, 60);
    const at = world.now();
    expect((client.state as { until: number }).until - at).toBeLessThanOrEqual(63_000);
    await live();
    expect(hub.seatRequests.at(-1)!.at - at).toBeGreaterThanOrEqual(60_000);
    expect(hub.requests).toHaveLength(2);
  });
});

describe('the hub’s clock', () => {
  test('knows nothing before it is told, and then the offset between the two clocks', async () => {
    const world = new World();
    const clock = new HubClock(world);
    expect(clock.until(EIGHT)).toBeUndefined();
    clock.told({ server_time: EIGHT, school_time: EIGHT + HOUR_MS });
    await world.run(1_000);
    expect(clock.until(EIGHT + HOUR_MS)).toBe(-1_000);
    expect(clock.dated(EIGHT + 1_000)).toBe(false);
    expect(clock.until(EIGHT + HOUR_MS)).toBe(-1_000);
  });

  test('a date that jumped moves school time with it, at its speed', async () => {
    const world = new World();
    const clock = new HubClock(world);
    clock.set(EIGHT, 60);
    expect(clock.dated(EIGHT)).toBe(false);
    await world.run(1_000);
    // The device slept: a minute has passed, of which its own clock knows one second.
    expect(clock.dated(EIGHT + 61_000)).toBe(true);
    expect(clock.until(EIGHT + HOUR_MS + 60_000)).toBe(-1_000 + 1_000);
    expect(clock.dated(EIGHT + 61_000)).toBe(false);
  });
});
