/** Networks that let no WebSocket pass: channels are read over HTTP, and it is said that they are only read. */

import { describe, expect, test } from 'vitest';

import { EventStream } from '../src/event-stream.ts';
import { BLOCKED_SOCKETS, STREAMS_MAX } from '../src/reading.ts';
import { ModelClient } from './model/client.ts';
import { place, problem, suspended } from './model/answers.ts';
import { ModelHub } from './model/hub.ts';
import { World } from './model/world.ts';

const HOUR_MS = 3_600_000;
const A = 'class:a';

function setUp(options: { streams?: boolean; channels?: string[]; seed?: number } = {}) {
  const world = new World(options.seed ?? 1);
  const hub = new ModelHub(world);
  hub.blocksSockets = true;
  const client = new ModelClient(hub, options);
  for (const channel of options.channels ?? [A]) client.follow(channel);
  const reading = () => world.until('reading', () => client.state.name === 'reading');
  const live = () => world.until('live', () => client.state.name === 'live', 2 * HOUR_MS);
  return { world, hub, client, reading, live };
}

describe('reading', () => {
  test('begins after some sockets that did not open, and says that it only reads', async () => {
    const { world, hub, client, reading } = setUp();
    hub.publish(A, 'before');
    client.connection.start();
    await reading();
    expect(hub.seatRequests).toHaveLength(BLOCKED_SOCKETS + 1);
    expect(client.state).toEqual({ name: 'reading', followed: 1, leftOut: 0 });
    hub.publish(A, 'now');
    await world.run(100);
    expect(client.feed.get(A)).toEqual(['before', 'now']);
    await expect(client.connection.publish(A, { kind: 'post', body: { text: 'x' } })).rejects.toMatchObject({
      code: 'read_only',
    });
  });

  test('does not begin where seats are refused, nor where a host has no streams', async () => {
    const refused = setUp();
    refused.hub.blocksSockets = false;
    refused.hub.seatAnswers.push(...Array.from({ length: 6 }, () => problem(503, 'busy')));
    refused.client.connection.start();
    await refused.live();
    expect(refused.hub.streamRequests).toEqual([]);
    const without = setUp({ streams: false });
    without.client.connection.start();
    await without.world.run(HOUR_MS);
    expect(without.client.path).not.toContain('reading');
    without.hub.blocksSockets = false;
    await without.live();
  });

  test('follows a bounded number of channels, the first ones, each with a seat of its own', async () => {
    const channels = ['class:a', 'class:b', 'class:c'];
    const { world, hub, client, reading } = setUp({ channels });
    client.connection.start();
    await reading();
    await world.run(1_000);
    expect(client.state).toEqual({ name: 'reading', followed: STREAMS_MAX, leftOut: 1 });
    expect(hub.streams.map(({ channel }) => channel)).toEqual(['class:a', 'class:b']);
    expect(hub.seatRequests).toHaveLength(BLOCKED_SOCKETS + STREAMS_MAX);
  });

  test('follows first what is looked at, also from the beginning', async () => {
    const channels = ['class:a', 'class:b', 'class:c', 'class:d'];
    const { world, hub, client, reading } = setUp({ channels });
    const open = () => hub.streams.filter(({ open }) => open).map(({ channel }) => channel);
    client.connection.look(['class:c']);
    client.connection.start();
    await reading();
    await world.run(1_000);
    expect(open().sort()).toEqual(['class:a', 'class:c']);
    client.connection.look(['class:d', 'class:c']);
    await world.run(1_000);
    expect(open().sort()).toEqual(['class:c', 'class:d']);
    // What nobody follows is not read, however much it is looked at.
    client.connection.look(['class:gone', 'class:b']);
    await world.run(1_000);
    expect(open().sort()).toEqual(['class:a', 'class:b']);
    expect(client.state).toEqual({ name: 'reading', followed: STREAMS_MAX, leftOut: 2 });
    hub.publish('class:b', 'seen');
    await world.run(100);
    expect(client.feed.get('class:b')).toEqual(['seen']);
  });

  test('follows what is followed: a channel that is left makes room, one that is added takes it', async () => {
    const { world, hub, client, reading } = setUp({ channels: ['class:b'] });
    const leave = client.follow('class:a');
    client.connection.start();
    await reading();
    leave();
    client.follow('class:c');
    await world.run(1_000);
    expect(hub.streams.filter(({ open }) => open).map(({ channel }) => channel)).toEqual([
      'class:b',
      'class:c',
    ]);
    expect(client.state).toEqual({ name: 'reading', followed: 2, leftOut: 0 });
  });

  test('tries a socket now and then, ever more rarely, and goes on without a gap when one opens', async () => {
    const { world, hub, client, reading, live } = setUp();
    client.connection.start();
    await reading();
    const before = hub.seatRequests.length;
    for (let minute = 0; minute < 60; minute += 1) {
      hub.publish(A, String(minute));
      await world.run(60_000);
    }
    const tries = hub.seatRequests.length - before;
    expect(tries).toBeGreaterThanOrEqual(5);
    expect(tries).toBeLessThanOrEqual(9);
    hub.blocksSockets = false;
    await live();
    hub.publish(A, 'on the socket');
    await world.run(1_000);
    const minutes = Array.from({ length: 60 }, (_, minute) => String(minute));
    expect(client.feed.get(A)).toEqual([...minutes, 'on the socket']);
    expect(hub.streams.some(({ open }) => open)).toBe(false);
    expect(client.events.filter(({ type }) => type === 'reset')).toEqual([]);
    // Only positions that this socket brought are its to acknowledge.
    await world.run(5_000);
    expect(hub.heard.filter(({ message }) => message.type === 'acknowledge')).toHaveLength(1);
  });

  test('a stream that breaks is opened again where it stopped, with another seat', async () => {
    const { world, hub, client, reading } = setUp();
    client.connection.start();
    await reading();
    hub.publish(A, '1');
    await world.run(100);
    hub.streams[0]!.break();
    hub.publish(A, '2');
    await world.run(10);
    expect(client.state.name).toBe('waiting');
    await reading();
    await world.run(100);
    expect(hub.streamRequests.map(({ from }) => from)).toEqual([undefined, '00000001-1']);
    expect(hub.streamRequests.map(({ start }) => start)).toEqual(['last-100', undefined]);
    expect(client.feed.get(A)).toEqual(['1', '2']);
    expect(new Set(hub.seatRequests.map(({ at }) => at)).size).toBe(BLOCKED_SOCKETS + 2);
  });

  test('one that says nothing for long is given up; a comment is a sign of life', async () => {
    const { world, hub, client, reading } = setUp();
    client.connection.start();
    await reading();
    for (let round = 0; round < 3; round += 1) {
      await world.run(60_000);
      hub.streams[0]!.write(': still here\n\n');
    }
    expect(hub.streamRequests).toHaveLength(1);
    await world.run(110_000);
    expect(hub.streamRequests.length).toBeGreaterThanOrEqual(2);
  });

  test('another epoch is a reset; one without a reset is never shown', async () => {
    const { world, hub, client, reading } = setUp();
    hub.publish(A, '1');
    client.connection.start();
    await reading();
    await world.run(100);
    const [publication] = hub.log(A).publications;
    const foreign = { ...publication!, position: { epoch: '0000000f', offset: 9 } };
    hub.streams[0]!.send({ type: 'publication', ...foreign });
    hub.restore('0000000f');
    await world.run(10_000);
    expect(client.events.filter(({ type }) => type === 'reset')).toHaveLength(1);
    expect(hub.streams).toHaveLength(2);
  });

  test.each(['{', '{"type":"publication"}', '[]'])('%j ends the stream, which begins anew', async (text) => {
    const { world, hub, client, reading } = setUp();
    client.connection.start();
    await reading();
    hub.streams[0]!.write(`data: ${text}\n\n`);
    await world.run(30_000);
    expect(hub.streamRequests.length).toBeGreaterThanOrEqual(2);
    expect(client.state.name).toBe('reading');
  });

  test('behind, caught up, load, a later type and another channel’s words are told or passed over', async () => {
    const { world, hub, client, reading } = setUp();
    const levels: number[] = [];
    client.connection.onLoad((level) => levels.push(level));
    client.connection.start();
    await reading();
    const [stream] = hub.streams;
    stream!.send({ type: 'behind', channel: A } as never);
    stream!.send({ type: 'behind', channel: 'class:b' } as never);
    stream!.send({ type: 'caught_up', channel: A, position: { epoch: hub.epoch, offset: 0 } } as never);
    stream!.send({ type: 'load', level: 2 } as never);
    stream!.send({ type: 'later' });
    stream!.send({ type: 'pong', id: 1, server_time: 1, school_time: 1 } as never);
    stream!.write('event: later\ndata: x\n\n');
    await world.run(100);
    expect(client.events.map(({ type }) => type)).toEqual(['subscribed', 'behind', 'caught_up']);
    expect(levels).toEqual([0, 2]);
    expect(client.state.name).toBe('reading');
  });
});

describe('the end of a stream', () => {
  test.each([
    ['evicted', 4103, { code: 'evicted', retry_ms: [30_000, 60_000] }, 30_000, 60_200],
    ['idle', 4200, { code: 'idle' }, 0, 2_100],
    ['what nobody knows', 1006, { code: 'later' }, 0, 31_000],
  ])('%s is obeyed', async (_, number, reason, from, to) => {
    const { world, hub, client, reading } = setUp();
    client.connection.start();
    await reading();
    await world.run(10_000);
    const at = world.now();
    hub.streams[0]!.end(number, reason);
    await world.until('again', () => hub.streamRequests.length === 2);
    expect(hub.streamRequests[1]!.at - at).toBeGreaterThanOrEqual(from);
    expect(hub.streamRequests[1]!.at - at).toBeLessThanOrEqual(to);
    await reading();
  });

  test('by the hour of the role ends everything, until it comes', async () => {
    const { world, hub, client, reading } = setUp();
    // The stream's welcome tells the time, as the socket's does.
    client.connection.start();
    await reading();
    const opens_at = 5_000_000 + Math.round(world.now()) + HOUR_MS;
    hub.streams[0]!.end(4004, { code: 'suspended', opens_at });
    await world.run(100);
    expect(client.state).toMatchObject({ name: 'suspended', opensAt: opens_at });
    const before = hub.requests.length;
    await world.run(HOUR_MS - 10_000);
    expect(hub.requests).toHaveLength(before);
    await reading();
  });

  test.each([
    [4003, 'replaced'],
    [4002, 'revoked'],
  ] as const)('%i %s is for good', async (number, code) => {
    const { world, hub, client, reading } = setUp();
    client.connection.start();
    await reading();
    hub.streams[0]!.end(number, { code });
    await world.run(HOUR_MS);
    expect(client.state).toEqual({ name: 'closed', cause: { kind: 'closed_by_hub', number, word: code } });
    expect(hub.streamRequests).toHaveLength(1);
  });

  test('by an operator ends all of them until the time that the door says', async () => {
    const { world, hub, client, reading } = setUp({ channels: ['class:a', 'class:b'] });
    client.connection.start();
    await reading();
    await world.run(10_000);
    hub.seatAnswers.push(problem(403, 'kicked', HOUR_MS));
    hub.streams[0]!.end(4005, { code: 'kicked' });
    // The sockets that did not open count as failures, which make the question later.
    await world.run(40_000);
    expect(client.state).toMatchObject({ name: 'waiting', cause: { kind: 'problem', code: 'kicked' } });
    const before = hub.requests.length;
    await world.run(HOUR_MS - 60_000);
    expect(hub.requests).toHaveLength(before);
    await world.until('reading again', () => client.state.name === 'reading', HOUR_MS);
  });

  test('because the roster changed ends that channel alone', async () => {
    const { world, hub, client, reading } = setUp({ channels: ['class:a', 'class:b', 'class:c'] });
    client.connection.start();
    await reading();
    await world.run(100);
    hub.streams[0]!.send({ type: 'unsubscribed', channel: A });
    await world.run(1_000);
    expect(client.events.filter(({ type }) => type === 'ended')).toMatchObject([
      { channel: A, why: 'roster' },
    ]);
    expect(client.state).toEqual({ name: 'reading', followed: 2, leftOut: 0 });
  });

  test('one’s own close ends the streams', async () => {
    const { world, hub, client, reading } = setUp();
    client.connection.start();
    await reading();
    client.connection.close();
    await world.run(HOUR_MS);
    expect(client.state).toEqual({ name: 'closed', cause: { kind: 'asked' } });
    expect(hub.streams[0]!.open).toBe(false);
    expect(hub.streamRequests).toHaveLength(1);
  });
});

describe('a stream that is refused', () => {
  const opened = async (prepare: (hub: ModelHub) => void) => {
    const all = setUp();
    all.client.connection.start();
    await all.world.until('blocked', () => all.hub.seatRequests.length === BLOCKED_SOCKETS);
    prepare(all.hub);
    return all;
  };

  test('waits in the waiting room under its ticket', async () => {
    const { hub, reading } = await opened((hub) => hub.seatAnswers.push(place(4, 9_000), place(1, 3_000)));
    await reading();
    expect(hub.seatRequests.slice(-2).map(({ shown }) => shown)).toEqual([
      { ticket: 'ticket-4' },
      { ticket: 'ticket-1' },
    ]);
  });

  test('is told when to come back, or comes by the backoff', async () => {
    const { hub, reading } = await opened((hub) => {
      hub.seatAnswers.push(problem(503, 'closed', 40_000));
      hub.streamAnswers.push(problem(403, 'seat_spent'), problem(500, 'internal'));
    });
    await reading();
    const [, , , refused, again] = hub.seatRequests.map(({ at }) => at);
    expect(again! - refused!).toBeGreaterThanOrEqual(40_000);
  });

  test('because of the hour, comes back at it', async () => {
    const { hub, client, world } = await opened((hub) =>
      hub.streamAnswers.push(suspended(5 * HOUR_MS, 4 * HOUR_MS)),
    );
    await world.until('suspended', () => client.state.name === 'suspended');
    const at = world.now();
    hub.blocksSockets = false;
    await world.until('live', () => client.state.name === 'live', 2 * HOUR_MS);
    expect(world.now() - at).toBeGreaterThanOrEqual(HOUR_MS);
  });

  test('for a channel that is not allowed, leaves that channel', async () => {
    const { client, world } = await opened((hub) => hub.streamAnswers.push(problem(403, 'not_allowed')));
    await world.until('ended', () => client.events.some(({ type }) => type === 'ended'));
  });

  test('for the account, is final', async () => {
    const { client, world } = await opened((hub) => hub.seatAnswers.push(problem(403, 'unknown_account')));
    await world.until('closed', () => client.state.name === 'closed');
  });

  test('while the hub is down, tries on', async () => {
    const { hub, reading, world } = await opened((hub) => void (hub.down = true));
    await world.run(60_000);
    hub.down = false;
    await reading();
  });
});

describe('events', () => {
  const read = (pieces: string[]) => {
    const stream = new EventStream();
    return pieces.flatMap((piece) => {
      const taken = stream.take(piece);
      return taken === 'too_long' ? [taken] : taken.map(({ name, text }) => `${name}:${text}`);
    });
  };

  test.each([
    [['data: a\n\n'], ['message:a']],
    [['data:a\r\n\r\nevent: close\r\ndata: b\r\n\r\n'], ['message:a', 'close:b']],
    [
      ['data: a\r', '\n\r', '\n', 'data: b\r\r'],
      ['message:a', 'message:b'],
    ],
    [['da', 'ta: é', '\n', '\n'], ['message:é']],
    [['data: a\ndata\ndata:  b\n\n'], ['message:a\n\n b']],
    [[': comment\n\nevent: x\n\ndata: a\nid: 7\nretry: 1\n\n'], ['message:a']],
    [['data: never ended\n'], []],
    [[`data: ${'x'.repeat(300_000)}`], ['too_long']],
    [[`data: ${'x'.repeat(200_000)}\n`, `data: ${'x'.repeat(200_000)}\n`], ['too_long']],
  ])('%j', (pieces, events) => expect(read(pieces)).toEqual(events));

  test('every cut reads the same', () => {
    const text = 'event: close\r\ndata: {"a":1}\r\n\r\n: x\r\ndata: b\r\n\r\n';
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(read([text.slice(0, cut), '', text.slice(cut)]), String(cut)).toEqual([
        'close:{"a":1}',
        'message:b',
      ]);
    }
  });
});
