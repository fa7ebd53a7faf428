/** What the hub says of itself and of a publication that it keeps for later, and what it is told of the page. */

import { expect, test } from 'vitest';

import { parseServerMessage } from '../src/parse.ts';
import { ModelClient } from './model/client.ts';
import { ModelHub } from './model/hub.ts';
import { World } from './model/world.ts';

async function setUp() {
  const world = new World();
  const hub = new ModelHub(world);
  const client = new ModelClient(hub);
  client.connection.start();
  await world.until('live', () => client.state.name === 'live');
  return { world, hub, client };
}

test('a load level is told once for each change', async () => {
  const { world, hub, client } = await setUp();
  const levels: number[] = [];
  const stop = client.connection.onLoad((level) => levels.push(level));
  for (const level of [0, 2, 2, 4]) hub.send(hub.live[0]!, { type: 'load', level } as never);
  await world.run(100);
  expect(levels).toEqual([0, 2, 4]);
  stop();
  hub.send(hub.live[0]!, { type: 'load', level: 1 } as never);
  await world.run(100);
  expect(levels).toEqual([0, 2, 4]);
});

test('the welcome tells it too', async () => {
  const world = new World();
  const hub = new ModelHub(world);
  hub.load = 2;
  const client = new ModelClient(hub);
  const levels: number[] = [];
  client.connection.onLoad((level) => levels.push(level));
  client.connection.start();
  await world.until('live', () => client.state.name === 'live');
  expect(levels).toEqual([0, 2]);
});

test('a level of a later version is unknown', () => {
  expect(parseServerMessage('{"type":"load","level":5}')).toEqual({ outcome: 'unknown' });
});

test.each([-1, 1.5, '2', null])('%j is no level', (level) => {
  expect(parseServerMessage(JSON.stringify({ type: 'load', level }))).toEqual({ outcome: 'malformed' });
});

test('a publication that is kept for later is stored, and the next one goes', async () => {
  const { world, hub, client } = await setUp();
  const channel = 'class:a';
  hub.intercept = (message) =>
    message.type === 'publish' && message.message_id === 'later'
      ? ({
          type: 'scheduled',
          id: message.id,
          channel,
          message_id: 'later',
          deliver_at: 9_000_000,
          duplicate: false,
        } as never)
      : undefined;
  const content = { kind: 'post', body: { text: 'x' } } as const;
  const receipts: unknown[] = [];
  for (const messageId of ['later', 'now']) {
    void client.connection.publish(channel, content, { messageId }).then((receipt) => receipts.push(receipt));
  }
  await world.run(200);
  expect(receipts).toEqual([
    { channel, messageId: 'later', deliverAt: 9_000_000 },
    { channel, messageId: 'now', position: { epoch: hub.epoch, offset: 1 } },
  ]);
  expect(client.connection.unanswered).toBe(0);
});

test('a hidden page is told once, again on each connection, and never while it is visible', async () => {
  const { world, hub, client } = await setUp();
  const told = () =>
    hub.heard.flatMap(({ message }) => (message.type === 'visibility' ? [message.hidden] : []));
  client.connection.hide(false);
  await world.run(100);
  expect(told()).toEqual([]);
  client.connection.hide(true);
  client.connection.hide(true);
  await world.run(100);
  expect(told()).toEqual([true]);
  hub.cut(4200, '{"code":"idle"}');
  await world.until('back', () => hub.live.length === 1 && client.state.name === 'live');
  await world.run(100);
  expect(told()).toEqual([true, true]);
  client.connection.hide(false);
  await world.run(100);
  expect(told()).toEqual([true, true, false]);
  hub.cut(4200, '{"code":"idle"}');
  await world.run(10_000);
  expect(told()).toEqual([true, true, false]);
});
