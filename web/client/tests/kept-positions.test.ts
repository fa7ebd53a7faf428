/** Positions that outlive a reload: continued for the same account, and for nobody else. */

import { describe, expect, test } from 'vitest';

import type { Memory } from '../src/environment.ts';
import { KeptPositions, POSITIONS_KEPT_MAX, POSITIONS_KEPT_MS } from '../src/kept-positions.ts';
import { memoryIn, type StorageLike } from '../src/storage.ts';
import { ModelClient } from './model/client.ts';
import { ModelHub } from './model/hub.ts';
import { World } from './model/world.ts';

const A = 'class:a';
const at = (offset: number) => ({ epoch: '00000001', offset });

/** What a device remembers, as it lies there. */
class Device implements Memory {
  readonly words = new Map<string, string>();

  read(name: string): string | undefined {
    return this.words.get(name);
  }

  write(name: string, word: string | undefined): void {
    if (word === undefined) this.words.delete(name);
    else this.words.set(name, word);
  }

  get kept(): unknown {
    return JSON.parse(this.words.get('positions') ?? 'null');
  }
}

/** A page that follows a class on this device, until it is left. */
async function visit(hub: ModelHub, device: Memory, streams = true) {
  const positions = new KeptPositions(device, { wall: () => hub.world.wall() });
  const client = new ModelClient(hub, { positions, streams });
  client.follow(A, { last: 1 });
  client.connection.start();
  await hub.world.until('followed', () => client.events.some(({ type }) => type === 'subscribed'));
  await hub.world.run(100);
  return { client, positions };
}

function setUp() {
  const hub = new ModelHub(new World(7));
  for (const text of ['1', '2', '3']) hub.publish(A, text);
  return { hub, device: new Device() };
}

describe('over a reload', () => {
  test('what was missed comes, and nothing twice', async () => {
    const { hub, device } = setUp();
    const first = await visit(hub, device);
    expect(first.client.feed.get(A)).toEqual(['3']);
    expect(first.positions.account).toBe('a.one');
    first.client.connection.close();
    for (const text of ['4', '5']) hub.publish(A, text);
    const { client } = await visit(hub, device);
    expect(client.events[0]).toMatchObject({ type: 'subscribed', how: 'resumed' });
    expect(client.feed.get(A)).toEqual(['4', '5']);
  });

  test('a log that began anew is a reset, not a gap', async () => {
    const { hub, device } = setUp();
    (await visit(hub, device)).client.connection.close();
    hub.epoch = '00000002';
    const positions = new KeptPositions(device, { wall: () => hub.world.wall() });
    const client = new ModelClient(hub, { positions });
    client.follow(A, { last: 1 });
    client.connection.start();
    await hub.world.until('told', () => client.events.length > 0);
    expect(client.events[0]).toMatchObject({ type: 'reset', why: 'epoch' });
  });

  test('whoever takes the device over begins anew, and the other’s positions are gone', async () => {
    const { hub, device } = setUp();
    (await visit(hub, device)).client.connection.close();
    hub.account = 'b.two';
    const { client } = await visit(hub, device);
    expect(client.events[0]).toMatchObject({ type: 'subscribed', how: 'fresh' });
    expect(device.kept).toMatchObject({ account: 'b.two', positions: [[A, at(3)]] });
    expect(device.words.get('positions')).not.toContain('a.one');
  });

  test('a channel that was left is forgotten, the others stay', async () => {
    const { hub, device } = setUp();
    const { client } = await visit(hub, device);
    const leave = client.follow('class:b');
    await hub.world.run(100);
    expect(device.kept).toMatchObject({
      positions: [
        [A, at(3)],
        ['class:b', at(0)],
      ],
    });
    leave();
    expect(device.kept).toMatchObject({ positions: [[A, at(3)]] });
  });

  test('streams keep positions too', async () => {
    const { hub, device } = setUp();
    hub.blocksSockets = true;
    const { client } = await visit(hub, device);
    expect(client.state.name).toBe('reading');
    expect(device.kept).toMatchObject({ account: 'a.one', positions: [[A, at(3)]] });
  });
});

describe('what counts as nothing', () => {
  const whole = { version: 1, account: 'a.one', at: 1_000, positions: [[A, at(2)]] };
  const read = (word: string, wall = 2_000) => {
    const device = new Device();
    device.write('positions', word);
    const positions = new KeptPositions(device, { wall: () => wall });
    expect(positions.read(A), 'nobody was named yet').toBeUndefined();
    positions.belongTo('a.one');
    return { held: positions.read(A), left: device.read('positions') };
  };

  test('the whole is read', () => {
    expect(read(JSON.stringify(whole)).held).toEqual(at(2));
    expect(read(JSON.stringify(whole), 1_000 + POSITIONS_KEPT_MS).held).toEqual(at(2));
    // A device whose date was set back has forgotten nothing.
    expect(read(JSON.stringify(whole), 10).held).toEqual(at(2));
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['another version', JSON.stringify({ ...whole, version: 2 })],
    ['another account', JSON.stringify({ ...whole, account: 'b.two' })],
    ['no date', JSON.stringify({ ...whole, at: 'yesterday' })],
    ['no list', JSON.stringify({ ...whole, positions: {} })],
    [
      'no channel',
      JSON.stringify({
        ...whole,
        positions: [
          [A, at(2)],
          ['constructor', at(1)],
        ],
      }),
    ],
    ['no position', JSON.stringify({ ...whole, positions: [[A, { epoch: 'x', offset: 2 }]] })],
    ['no pair', JSON.stringify({ ...whole, positions: [[A, at(2), 1]] })],
    [
      'more than are kept',
      JSON.stringify({
        ...whole,
        positions: Array.from({ length: POSITIONS_KEPT_MAX + 1 }, (_, index) => [`class:${index}`, at(1)]),
      }),
    ],
  ])('%s', (_, word) => {
    expect(read(word)).toEqual({ held: undefined, left: undefined });
  });

  test('what is too old', () => {
    const late = 1_001 + POSITIONS_KEPT_MS;
    expect(read(JSON.stringify(whole), late)).toEqual({ held: undefined, left: undefined });
  });
});

test('the channel that was written least recently makes room', () => {
  const device = new Device();
  const positions = new KeptPositions(device);
  positions.belongTo('a.one');
  for (let index = 0; index < POSITIONS_KEPT_MAX; index++) positions.write(`class:${index}`, at(index));
  positions.write('class:0', at(99));
  positions.write('class:new', at(1));
  expect(positions.read('class:1')).toBeUndefined();
  expect(positions.read('class:0')).toEqual(at(99));
  expect(positions.read('class:new')).toEqual(at(1));
  const next = new KeptPositions(device);
  next.belongTo('a.one');
  expect(next.read('class:1')).toBeUndefined();
  expect(next.read('class:2')).toEqual(at(2));
});

test('the welcome of another account in the same page forgets, and clearing leaves nothing', () => {
  const device = new Device();
  const positions = new KeptPositions(device);
  positions.belongTo('a.one');
  positions.write(A, at(1));
  positions.belongTo('a.one');
  expect(positions.read(A)).toEqual(at(1));
  positions.belongTo('b.two');
  expect(positions.read(A)).toBeUndefined();
  positions.write(A, at(5));
  positions.clear();
  expect(positions.read(A)).toBeUndefined();
  expect(device.words.size).toBe(0);
});

describe('a memory in a storage', () => {
  test('has its own names there', () => {
    const kept = new Map<string, string>();
    const storage: StorageLike = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
    const memory = memoryIn(() => storage, 'app.');
    memory.write('a', 'x');
    expect([...kept]).toEqual([['app.a', 'x']]);
    expect(memory.read('a')).toBe('x');
    memory.write('a', undefined);
    expect(memory.read('a')).toBeUndefined();
    expect(kept.size).toBe(0);
  });

  test('that is forbidden or full remembers nothing, and the feed goes on', async () => {
    const { hub } = setUp();
    const forbidden = memoryIn(() => {
      throw new Error('forbidden');
    }, 'app.');
    expect(forbidden.read('a')).toBeUndefined();
    const { client } = await visit(hub, forbidden);
    hub.publish(A, '4');
    await hub.world.run(100);
    expect(client.feed.get(A)).toEqual(['3', '4']);
  });
});
