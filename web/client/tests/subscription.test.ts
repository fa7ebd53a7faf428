/** Following channels: nothing missing, nothing twice, and a word about everything that is otherwise. */

import { describe, expect, test } from 'vitest';

import { positionsInMemory } from '../src/environment.ts';
import { ModelClient } from './model/client.ts';
import { ModelHub } from './model/hub.ts';
import { World } from './model/world.ts';

const A = 'class:a';

async function setUp(options: ConstructorParameters<typeof ModelClient>[1] = {}) {
  const world = new World(3);
  const hub = new ModelHub(world);
  const client = new ModelClient(hub, options);
  const live = () => world.until('live', () => client.state.name === 'live');
  client.connection.start();
  await live();
  return { world, hub, client, live };
}

const types = (client: ModelClient) => client.events.map(({ type }) => type);
const subscribes = (hub: ModelHub) =>
  hub.heard.flatMap(({ message }) => (message.type === 'subscribe' ? [message.from] : []));

test('what is marked is told to whoever follows the channel, and to nobody who has left it', async () => {
  const { world, hub, client } = await setUp();
  const own = 'account:a.one';
  const mark = { item: 'a-1', done_at: 5 };
  const tell = async (told: typeof mark | null) => {
    hub.send(hub.live[0]!, { type: 'marked', channel: own, mark: told } as never);
    await world.run(100);
  };
  const stop = client.follow(own);
  await world.run(100);
  await tell(mark);
  await tell(null);
  stop();
  await tell(mark);
  expect(client.events.filter(({ type }) => type === 'marked')).toEqual([
    { type: 'marked', mark, channel: own },
    { type: 'marked', mark: null, channel: own },
  ]);
});

describe('from where', () => {
  test('the last ones, then what is new, in order', async () => {
    const { world, hub, client } = await setUp();
    for (const text of ['1', '2', '3']) hub.publish(A, text);
    client.follow(A, { last: 2 });
    await world.run(100);
    hub.publish(A, '4');
    await world.run(100);
    expect(client.feed.get(A)).toEqual(['2', '3', '4']);
    expect(client.events[0]).toEqual({ type: 'subscribed', how: 'fresh', channel: A });
  });

  test('now means now', async () => {
    const { world, hub, client } = await setUp();
    hub.publish(A, 'before');
    client.follow(A, 'now');
    await world.run(100);
    hub.publish(A, 'after');
    await world.run(100);
    expect(client.feed.get(A)).toEqual(['after']);
  });

  test('a wish from before the connection is asked for once there is one', async () => {
    const world = new World();
    const hub = new ModelHub(world);
    const client = new ModelClient(hub);
    hub.publish(A, 'x');
    client.follow(A);
    client.connection.start();
    await world.run(1_000);
    expect(client.feed.get(A)).toEqual(['x']);
  });

  test('positions that outlive the client are continued by the next', async () => {
    const positions = positionsInMemory();
    const { world, hub, client } = await setUp({ positions });
    client.follow(A);
    await world.run(100);
    hub.publish(A, 'seen');
    await world.run(100);
    client.connection.close();
    hub.publish(A, 'missed');
    const next = new ModelClient(hub, { positions });
    next.follow(A);
    next.connection.start();
    await world.run(1_000);
    expect(next.feed.get(A)).toEqual(['missed']);
    expect(next.events[0]).toMatchObject({ type: 'subscribed', how: 'resumed' });
  });
});

describe('through a cut', () => {
  test('what was missed comes, what was seen does not', async () => {
    const { world, hub, client, live } = await setUp();
    client.follow(A);
    await world.run(100);
    hub.publish(A, '1');
    await world.run(100);
    hub.publish(A, 'under way when it broke');
    hub.cut();
    hub.publish(A, '3');
    await world.run(1);
    await live();
    await world.run(100);
    expect(client.feed.get(A)).toEqual(['1', 'under way when it broke', '3']);
    expect(types(client)).not.toContain('reset');
  });

  test('holes in the offsets are not gaps', async () => {
    const { world, hub, client } = await setUp();
    hub.holes = () => 40;
    client.follow(A);
    await world.run(100);
    for (const text of ['1', '2', '3']) hub.publish(A, text);
    await world.run(100);
    expect(client.feed.get(A)).toEqual(['1', '2', '3']);
  });

  test('what the hub sends twice is shown once', async () => {
    const { world, hub, client } = await setUp();
    client.follow(A);
    await world.run(100);
    hub.publish(A, '1');
    hub.publish(A, '2');
    for (const publication of hub.log(A).publications) {
      hub.send(hub.live[0]!, { type: 'publication', ...publication });
    }
    await world.run(100);
    expect(client.feed.get(A)).toEqual(['1', '2']);
  });

  test('the place after what others may see is kept too', async () => {
    const { world, hub, client, live } = await setUp();
    client.follow(A);
    await world.run(100);
    hub.publish(A, '1');
    hub.send(hub.live[0]!, { type: 'behind', channel: A });
    hub.send(hub.live[0]!, { type: 'caught_up', channel: A, position: { epoch: hub.epoch, offset: 9 } });
    await world.run(100);
    expect(types(client)).toEqual(['subscribed', 'publication', 'behind', 'caught_up']);
    hub.log(A).offset = 9;
    hub.cut();
    await world.run(1);
    await live();
    await world.run(100);
    expect(subscribes(hub).at(-1)).toEqual({ position: { epoch: hub.epoch, offset: 9 } });
  });
});

describe('resets', () => {
  test.each([
    ['epoch', (hub: ModelHub) => hub.restore('00000002'), ['1', '2', '3']],
    ['trimmed', (hub: ModelHub) => hub.trim(A, 2), ['3']],
    [
      'ahead',
      (hub: ModelHub) => {
        hub.log(A).publications.length = 1;
        hub.log(A).offset = 1;
      },
      ['1'],
    ],
  ] as const)('%s: what is held is discarded and the last ones follow', async (why, damage, held) => {
    const { world, hub, client, live } = await setUp();
    client.follow(A);
    await world.run(100);
    hub.publish(A, '1');
    if (why === 'ahead') hub.publish(A, '2');
    await world.run(100);
    hub.cut();
    if (why !== 'ahead') for (const text of ['2', '3']) hub.publish(A, text);
    damage(hub);
    await world.run(1);
    await live();
    await world.run(100);
    expect(client.events.filter(({ type }) => type === 'reset')).toEqual([
      { type: 'reset', why, channel: A },
    ]);
    expect(client.feed.get(A)).toEqual(held);
    hub.cut();
    await world.run(1);
    await live();
    await world.run(100);
    expect(types(client).filter((type) => type === 'reset')).toHaveLength(1);
    expect(client.feed.get(A)).toEqual(held);
  });

  test('another epoch without a reset can’t be placed: the connection is made anew', async () => {
    const { world, hub, client, live } = await setUp();
    client.follow(A);
    await world.run(100);
    hub.publish(A, '1');
    await world.run(100);
    const [publication] = hub.log(A).publications;
    const position = { epoch: '0000000f', offset: 2 };
    hub.send(hub.live[0]!, { type: 'publication', ...publication!, position });
    await world.run(30);
    expect(client.state).toMatchObject({ name: 'waiting', cause: { kind: 'unreadable' } });
    await live();
    await world.run(100);
    expect(client.feed.get(A)).toEqual(['1']);
  });
});

describe('refusals and ends', () => {
  test('a channel that is not ours ends with the hub’s word and is not asked for again', async () => {
    const { world, hub, client, live } = await setUp();
    client.follow('class:forbidden');
    await world.run(100);
    expect(client.events).toEqual([{ type: 'ended', why: 'not_allowed', channel: 'class:forbidden' }]);
    hub.cut();
    await world.run(1);
    await live();
    await world.run(100);
    expect(subscribes(hub)).toHaveLength(1);
  });

  test('a passing refusal is tried again when the hub said', async () => {
    const { world, hub, client } = await setUp();
    let refusals = 0;
    hub.intercept = (message) => {
      if (message.type !== 'subscribe' || (refusals += 1) > 2) return undefined;
      const retry = refusals === 1 ? { retry_after_ms: 3_000 } : {};
      return { type: 'error', id: message.id, code: 'busy', message: 'full', ...retry };
    };
    client.follow(A);
    await world.run(20_000);
    const [first, second, third] = hub.heard.flatMap(({ at, message }) =>
      message.type === 'subscribe' ? [at] : [],
    );
    expect(second! - first!).toBeGreaterThanOrEqual(3_000);
    expect(third! - second!).toBeGreaterThanOrEqual(5_000);
    expect(types(client)).toEqual(['subscribed']);
  });

  test('the roster takes a channel away', async () => {
    const { world, hub, client, live } = await setUp();
    client.follow(A);
    await world.run(100);
    hub.send(hub.live[0]!, { type: 'unsubscribed', channel: A });
    await world.run(100);
    expect(client.events.at(-1)).toEqual({ type: 'ended', why: 'roster', channel: A });
    hub.cut();
    await world.run(1);
    await live();
    await world.run(100);
    expect(subscribes(hub)).toHaveLength(1);
  });

  test('a channel is followed once; left and followed again at once, it begins anew', async () => {
    const { world, hub, client } = await setUp();
    hub.publish(A, '1');
    const leave = client.follow(A);
    await world.run(100);
    expect(() => client.connection.subscribe(A, 'now', () => undefined)).toThrow('followed already');
    leave();
    leave();
    hub.publish(A, '2');
    client.follow(A, { last: 1 });
    await world.run(100);
    hub.publish(A, '3');
    await world.run(100);
    expect(client.feed.get(A)).toEqual(['2', '3']);
    const spoken = hub.heard.map(({ message }) => message.type);
    expect(spoken.filter((type) => type !== 'acknowledge')).toEqual([
      'subscribe',
      'unsubscribe',
      'subscribe',
    ]);
  });

  test('a channel that was never asked for is left without a word', async () => {
    const world = new World();
    const hub = new ModelHub(world);
    const client = new ModelClient(hub);
    const leave = client.follow(A);
    leave();
    client.connection.start();
    await world.run(1_000);
    expect(hub.heard).toEqual([]);
  });
});

describe('good manners', () => {
  test('64 channels after a cut are asked for below the hub’s rate', async () => {
    const { world, hub, client, live } = await setUp();
    for (let index = 0; index < 64; index += 1) client.follow(`class:c${index}`);
    await world.run(10_000);
    hub.cut();
    hub.heard.length = 0;
    await world.run(1);
    await live();
    await world.run(10_000);
    const moments = hub.heard.map(({ at }) => at);
    expect(moments).toHaveLength(64);
    // The hub's bucket: 40 at once, 20 more each second.
    for (const [index, moment] of moments.entries()) {
      expect(index + 1).toBeLessThanOrEqual(40 + ((moment - moments[0]!) / 1_000) * 20);
    }
    expect(moments.at(-1)! - moments[0]!).toBeLessThan(3_000);
  });

  test('what was taken in is acknowledged once a second, the newest position of each channel', async () => {
    const { world, hub, client } = await setUp();
    client.follow(A);
    client.follow('class:b');
    await world.run(100);
    for (let index = 0; index < 30; index += 1) {
      hub.publish(A, String(index));
      await world.run(100);
    }
    hub.publish('class:b', 'x');
    await world.run(2_000);
    const acknowledged = hub.heard.flatMap(({ message }) =>
      message.type === 'acknowledge' ? [message] : [],
    );
    expect(acknowledged.length).toBeLessThanOrEqual(6);
    const newest = new Map(acknowledged.map(({ channel, position }) => [channel, position.offset]));
    expect([...newest]).toEqual([
      [A, 30],
      ['class:b', 1],
    ]);
  });

  test('positions of a broken connection are not acknowledged on the next', async () => {
    const { world, hub, client, live } = await setUp();
    client.follow(A);
    await world.run(100);
    hub.publish(A, '1');
    await world.run(100);
    hub.cut();
    await world.run(1);
    await live();
    await world.run(5_000);
    expect(hub.heard.filter(({ message }) => message.type === 'acknowledge')).toEqual([]);
  });
});
