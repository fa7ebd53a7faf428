/** The waiting room: asked when told to, never earlier, under the same ticket, until it lets in. */

import { describe, expect, test } from 'vitest';

import type { Memory } from '../src/environment.ts';
import type { ConnectionState } from '../src/state.ts';
import { ModelClient } from './model/client.ts';
import { place, problem } from './model/answers.ts';
import { ModelHub } from './model/hub.ts';
import { World } from './model/world.ts';

function memory(words: Record<string, string> = {}) {
  const kept = new Map(Object.entries(words));
  const store: Memory = {
    read: (name) => kept.get(name),
    write: (name, word) => void (word === undefined ? kept.delete(name) : kept.set(name, word)),
  };
  return { kept, store };
}

function setUp(seed = 1, options: { memory?: Memory } = {}) {
  const world = new World(seed);
  const hub = new ModelHub(world);
  const client = new ModelClient(hub, options);
  const live = () => world.until('live', () => client.state.name === 'live');
  const gaps = () => hub.seatRequests.slice(1).map(({ at }, index) => at - hub.seatRequests[index]!.at);
  return { world, hub, client, live, gaps };
}

const queued = (states: readonly ConnectionState[]) => states.filter(({ name }) => name === 'queued');

describe('a place', () => {
  test('is shown, moves up, and lets in by itself', async () => {
    const { hub, client, live } = setUp();
    hub.seatAnswers.push(place(120, 20_000), place(40, 15_000), place(0, 5_000));
    client.connection.start();
    await live();
    expect(client.path).toEqual(['idle', 'connecting', 'queued', 'connecting', 'live']);
    expect(queued(client.states)).toMatchObject([
      { ahead: 120, load: 3 },
      { ahead: 40, load: 3 },
      { ahead: 0, load: 3 },
    ]);
    expect(hub.seatRequests.map(({ shown }) => shown)).toEqual([
      {},
      { ticket: 'ticket-120' },
      { ticket: 'ticket-40' },
      { ticket: 'ticket-0' },
    ]);
  });

  test('is never asked for earlier than told, nor much later, and not by everybody at once', async () => {
    const first: number[] = [];
    for (let seed = 1; seed <= 20; seed += 1) {
      const { hub, client, live, gaps } = setUp(seed);
      const waits = [20_000, 3_000, 0];
      hub.seatAnswers.push(...waits.map((wait) => place(9, wait)));
      client.connection.start();
      await live();
      for (const [index, wait] of waits.entries()) {
        // Asked and answered takes 40 ms; the hub's wait runs from its answer.
        expect(gaps()[index]).toBeGreaterThanOrEqual(Math.max(wait, 1_000));
        expect(gaps()[index]).toBeLessThanOrEqual(Math.max(wait, 1_000) + 2_100);
      }
      first.push(gaps()[0]!);
    }
    expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(1_000);
  });

  test('says when it asks again, by the environment’s clock', async () => {
    const { world, hub, client } = setUp();
    hub.seatAnswers.push(place(5, 30_000));
    client.connection.start();
    await world.until('queued', () => client.state.name === 'queued');
    const { until } = client.state as { until: number };
    await world.run(until - world.now() - 1);
    expect(hub.requests).toHaveLength(1);
    await world.run(2);
    expect(hub.requests).toHaveLength(2);
  });

  test('is not asked for sooner by waking', async () => {
    const { world, hub, client } = setUp();
    hub.seatAnswers.push(place(5, 60_000));
    client.connection.start();
    await world.run(30_000);
    client.connection.wake();
    await world.run(20_000);
    expect(hub.requests).toHaveLength(1);
  });

  test('is kept when a poll fails, and while the hub is down', async () => {
    const { world, hub, client, live } = setUp();
    hub.seatAnswers.push(place(7, 5_000), problem(503, 'busy', 4_000), problem(500, 'internal'));
    client.connection.start();
    await world.until('queued', () => client.state.name === 'queued');
    hub.down = true;
    await world.run(20_000);
    hub.down = false;
    await live();
    expect(client.states).toContainEqual(expect.objectContaining({ cause: { kind: 'unreachable' } }));
    const shown = hub.seatRequests.slice(1).map(({ shown: { ticket } }) => ticket);
    expect(shown).toEqual(['ticket-7', 'ticket-7', 'ticket-7']);
  });

  test('survives a seat whose socket does not open; inside, it is done with', async () => {
    const { world, hub, client, live } = setUp();
    hub.seatAnswers.push(place(7, 5_000), { status: 200, body: { seat: 'unknown', url: '/v1/socket' } });
    client.connection.start();
    await live();
    expect(hub.seatRequests.at(-1)!.shown).toEqual({ ticket: 'ticket-7' });
    hub.cut(4200, '{"code":"idle"}');
    await world.run(1);
    await live();
    expect(hub.seatRequests.at(-1)!.shown).toEqual({ resume: 'resume-1' });
  });

  test('can be left', async () => {
    const { world, hub, client } = setUp();
    hub.seatAnswers.push(place(7, 5_000));
    client.connection.start();
    await world.run(1_000);
    client.connection.close();
    await world.run(60_000);
    expect(hub.requests).toHaveLength(1);
    expect(client.state).toEqual({ name: 'closed', cause: { kind: 'asked' } });
  });

  test.each([
    { ticket: 't', ahead: -1, retry_after_ms: 5 },
    { ticket: 't', ahead: 1 },
    { ticket: 7, ahead: 1, retry_after_ms: 5 },
    { ticket: 't', ahead: 1, retry_after_ms: 5, load: 'x' },
  ])('an answer of another shape is no answer: %j', async (body) => {
    const { hub, client, live } = setUp();
    hub.seatAnswers.push({ status: 202, body });
    client.connection.start();
    await live();
    expect(queued(client.states)).toEqual([]);
  });

  test('the load is told with the answer', async () => {
    const { hub, client, live } = setUp();
    const levels: number[] = [];
    client.connection.onLoad((level) => levels.push(level));
    hub.seatAnswers.push(
      { status: 202, body: { ticket: 't', ahead: 1, retry_after_ms: 1_000, load: 3 } },
      { status: 202, body: { ticket: 't', ahead: 1, retry_after_ms: 1_000 } },
    );
    client.connection.start();
    await live();
    expect(levels).toEqual([0, 3, 0]);
    expect(queued(client.states)).toMatchObject([{ load: 3 }, { load: 3 }]);
  });
});

describe('a reloaded page', () => {
  test('keeps its place, and does not ask before its time', async () => {
    const { kept, store } = memory();
    const before = setUp(1, { memory: store });
    before.hub.seatAnswers.push(place(50, 60_000));
    before.client.connection.start();
    await before.world.run(20_040);
    expect([...kept.keys()]).toEqual(['ticket']);

    // The same world goes on: only the page is another.
    const client = new ModelClient(before.hub, { memory: store });
    client.connection.start();
    expect(client.state).toMatchObject({ name: 'queued', ahead: 50, load: 3 });
    const { until } = client.state as { until: number };
    expect(until).toBeGreaterThanOrEqual(60_040);
    expect(until).toBeLessThanOrEqual(62_100);
    before.client.connection.onState(() => undefined);
    await before.world.until('live', () => client.state.name === 'live');
    expect(before.hub.seatRequests.at(-1)!.shown).toEqual({ ticket: 'ticket-50' });
    expect([...kept.keys()]).toEqual([]);
  });

  test('whose time has come asks at once, under its ticket', async () => {
    const at = 0;
    const { store } = memory({
      ticket: JSON.stringify({ ticket: 'old', ahead: 3, retry_after_ms: 9_000, at }),
    });
    const { hub, client, live } = setUp(1, { memory: store });
    client.connection.start();
    await live();
    expect(client.path).toEqual(['idle', 'connecting', 'live']);
    expect(hub.seatRequests.map(({ shown }) => shown)).toEqual([{ ticket: 'old' }]);
  });

  test('with a date that was set back waits no longer than it was told', async () => {
    const { store } = memory({
      ticket: JSON.stringify({ ticket: 'old', ahead: 3, retry_after_ms: 9_000, at: 9_999_999_999_999 }),
    });
    const { client, world } = setUp(1, { memory: store });
    client.connection.start();
    const { until } = client.state as { until: number };
    expect(until - world.now()).toBeLessThanOrEqual(11_000);
  });

  test.each(['', '{', '{}', '{"ticket":"t","ahead":1,"retry_after_ms":5}', '[]'])(
    'reads nothing from %j',
    async (ticket) => {
      const { hub, client, live } = setUp(1, { memory: memory({ ticket }).store });
      client.connection.start();
      await live();
      expect(hub.seatRequests[0]!.shown).toEqual({});
    },
  );

  test('keeps its seat; the copy of a tab does not take it', async () => {
    const { kept, store } = memory();
    const first = setUp(1, { memory: store });
    first.client.connection.start();
    await first.live();
    expect([...kept]).toEqual([]);
    first.client.connection.leaving();
    expect([...kept]).toEqual([['resume', 'resume-1']]);
    const next = new ModelClient(first.hub, { memory: store });
    next.connection.start();
    expect([...kept]).toEqual([]);
    await first.world.until('live', () => next.state.name === 'live');
    expect(first.hub.seatRequests.at(-1)!.shown).toEqual({ resume: 'resume-1' });
  });
});

describe('other answers at the door', () => {
  test.each([
    [409, 'cool_down', 30_000],
    [503, 'closed', 60_000],
    [503, 'draining', 20_000],
  ])('%i %s is obeyed to the moment', async (status, code, wait) => {
    const { hub, client, live, gaps } = setUp();
    hub.seatAnswers.push(problem(status, code, wait));
    client.connection.start();
    await live();
    expect(gaps()[0]).toBeGreaterThanOrEqual(wait);
    expect(gaps()[0]).toBeLessThanOrEqual(wait * 1.2 + 100);
  });

  test.each([
    [409, 'cool_down'],
    [503, 'closed'],
  ])('%i %s without a moment is tried again by the backoff', async (status, code) => {
    const { hub, client, live } = setUp();
    hub.seatAnswers.push(problem(status, code));
    client.connection.start();
    await live();
    expect(client.path).toEqual(['idle', 'connecting', 'waiting', 'connecting', 'live']);
  });

  test('a session that was replaced does not come back', async () => {
    const { world, hub, client, live } = setUp();
    client.connection.start();
    await live();
    hub.cut(4003, '{"code":"replaced"}');
    await world.run(600_000);
    const cause = { kind: 'closed_by_hub', number: 4003, word: 'replaced' };
    expect(client.state).toEqual({ name: 'closed', cause });
    expect(hub.requests).toHaveLength(1);
  });

  test('one that an operator ended asks once for how long, and comes back then', async () => {
    const { world, hub, client, live, gaps } = setUp();
    client.connection.start();
    await live();
    await world.run(10_000);
    const cutAt = world.now();
    hub.cut(4005, '{"code":"kicked"}');
    hub.seatAnswers.push(problem(403, 'kicked', 600_000));
    await world.run(5_000);
    expect(hub.seatRequests).toHaveLength(2);
    expect(hub.seatRequests[1]!.at - cutAt).toBeGreaterThanOrEqual(500);
    expect(client.state).toMatchObject({ name: 'waiting', cause: { kind: 'problem', code: 'kicked' } });
    await world.run(590_000);
    expect(hub.seatRequests).toHaveLength(2);
    await live();
    expect(gaps()[1]).toBeGreaterThanOrEqual(600_000);
  });

  test('one whose connections alone were ended is back soon', async () => {
    const { world, hub, client, live } = setUp();
    client.connection.start();
    await live();
    await world.run(10_000);
    hub.cut(4005, '{"code":"kicked"}');
    await world.run(1);
    expect(client.state).toMatchObject({ name: 'waiting', cause: { kind: 'closed_by_hub', word: 'kicked' } });
    await world.run(5_000);
    expect(client.state.name).toBe('live');
  });

  test('one that was evicted, or whose lease ended, comes back within the window with its resume token', async () => {
    for (const [number, word] of [
      [4103, 'evicted'],
      [4104, 'lease_ended'],
    ] as const) {
      const { world, hub, client, live } = setUp();
      client.connection.start();
      await live();
      const cutAt = world.now();
      hub.cut(number, JSON.stringify({ code: word, retry_ms: [30_000, 120_000] }));
      hub.seatAnswers.push(place(3, 5_000));
      await world.until('queued', () => client.state.name === 'queued');
      const [, back] = hub.seatRequests;
      expect(back!.at - cutAt).toBeGreaterThanOrEqual(30_000);
      expect(back!.at - cutAt).toBeLessThanOrEqual(120_100);
      expect(back!.shown).toEqual({ resume: 'resume-1' });
      await live();
      expect(hub.seatRequests.at(-1)!.shown).toEqual({ resume: 'resume-1', ticket: 'ticket-3' });
    }
  });
});
