/** Publishing: stored once, in order, or rejected with a reason that a person can act on. */

import { describe, expect, test } from 'vitest';

import type { Content } from '../src/messages.ts';
import { OUTGOING_MAX, PublishRejected } from '../src/outgoing.ts';
import { textOf } from './model/answers.ts';
import { ModelClient } from './model/client.ts';
import { ModelHub } from './model/hub.ts';
import { World } from './model/world.ts';

const A = 'class:a';
const post = (text: string): Content => ({ kind: 'post', body: { text } });

async function setUp() {
  const world = new World(5);
  const hub = new ModelHub(world);
  const client = new ModelClient(hub);
  client.connection.start();
  await world.until('live', () => client.state.name === 'live');
  return { world, hub, client };
}

/** A publish whose outcome a test can look at when it likes. */
function publish(client: ModelClient, channel: string, content: Content, messageId?: string) {
  const outcome: { receipt?: unknown; rejection?: PublishRejected } = {};
  client.connection.publish(channel, content, messageId === undefined ? {} : { messageId }).then(
    (receipt) => (outcome.receipt = receipt),
    (error: PublishRejected) => (outcome.rejection = error),
  );
  return outcome;
}

const stored = (hub: ModelHub, channel: string) => hub.log(channel).publications.map(textOf);

describe('stored', () => {
  test('the receipt says where', async () => {
    const { world, hub, client } = await setUp();
    const outcome = publish(client, A, post('hello'));
    await world.run(100);
    const position = { epoch: hub.epoch, offset: 1 };
    expect(outcome.receipt).toEqual({ channel: A, messageId: 'm-1', position });
    expect(client.connection.unanswered).toBe(0);
  });

  test('an audience and every kind go out as they were given', async () => {
    const { world, hub, client } = await setUp();
    const body = { title: 'Exercices', text: '', due: '2026-11-30' };
    void client.connection.publish(A, { kind: 'assignment', body }, { audience: ['student'] });
    await world.run(100);
    expect(hub.heard.at(-1)!.message).toEqual({
      type: 'publish',
      id: 1,
      channel: A,
      message_id: 'm-1',
      audience: ['student'],
      kind: 'assignment',
      body,
    });
  });

  test('an answer that was lost is asked for again under the same name: once in the log', async () => {
    const { world, hub, client } = await setUp();
    const outcome = publish(client, A, post('hello'));
    await world.run(25);
    expect(stored(hub, A)).toEqual(['hello']);
    hub.cut();
    await world.run(60_000);
    expect(outcome.receipt).toMatchObject({ position: { offset: 1 } });
    expect(stored(hub, A)).toEqual(['hello']);
    expect(hub.heard.filter(({ message }) => message.type === 'publish')).toHaveLength(2);
  });

  test('what is written without a connection goes out with the next, in order', async () => {
    const { world, hub, client } = await setUp();
    hub.cut();
    hub.down = true;
    await world.run(1_000);
    const outcomes = ['1', '2', '3'].map((text) => publish(client, A, post(text)));
    await world.run(120_000);
    expect(client.connection.unanswered).toBe(3);
    hub.down = false;
    await world.run(60_000);
    expect(stored(hub, A)).toEqual(['1', '2', '3']);
    expect(outcomes.every(({ receipt }) => receipt !== undefined)).toBe(true);
  });

  test('a refused first one holds back the rest of its channel, and no other', async () => {
    const { world, hub, client } = await setUp();
    let refused = false;
    hub.intercept = (message) => {
      if (message.type !== 'publish' || refused) return undefined;
      refused = true;
      return { type: 'error', id: message.id, code: 'rate_limited', message: '', retry_after_ms: 2_000 };
    };
    const outcomes = ['1', '2'].map((text) => publish(client, A, post(text)));
    publish(client, 'class:b', post('x'));
    await world.run(1_000);
    expect(stored(hub, A)).toEqual([]);
    expect(stored(hub, 'class:b')).toEqual(['x']);
    await world.run(2_000);
    expect(stored(hub, A)).toEqual(['1', '2']);
    expect(outcomes[1]!.receipt).toBeDefined();
  });

  test('a burst stays below the hub’s rate', async () => {
    const { world, hub, client } = await setUp();
    for (let index = 0; index < OUTGOING_MAX; index += 1) publish(client, `class:c${index}`, post('x'));
    await world.run(20_000);
    const moments = hub.heard.flatMap(({ at, message }) => (message.type === 'publish' ? [at] : []));
    expect(moments).toHaveLength(OUTGOING_MAX);
    for (const [index, moment] of moments.entries()) {
      expect(index + 1).toBeLessThanOrEqual(20 + ((moment - moments[0]!) / 1_000) * 10);
    }
  });
});

describe('rejected', () => {
  test.each(['not_allowed', 'storage_full', 'storage_failed', 'message_id_reused', 'a_later_code'])(
    '%s is told at once',
    async (code) => {
      const { world, hub, client } = await setUp();
      hub.intercept = (message) =>
        message.type === 'publish' ? { type: 'error', id: message.id, code, message: 'why' } : undefined;
      const outcome = publish(client, A, post('x'));
      await world.run(100);
      expect(outcome.rejection).toBeInstanceOf(PublishRejected);
      expect(outcome.rejection).toMatchObject({ code, message: 'why', uncertain: false });
      expect(client.connection.unanswered).toBe(0);
    },
  );

  test('the same name for another text is refused by the hub', async () => {
    const { world, client } = await setUp();
    publish(client, A, post('one'), 'mine');
    const outcome = publish(client, A, post('two'), 'mine');
    await world.run(1_000);
    expect(outcome.rejection).toMatchObject({ code: 'message_id_reused' });
  });

  test('a passing refusal that does not pass is told in the end', async () => {
    const { world, hub, client } = await setUp();
    hub.intercept = (message) =>
      message.type === 'publish'
        ? { type: 'error', id: message.id, code: 'busy', message: 'full' }
        : undefined;
    const outcome = publish(client, A, post('x'));
    await world.run(5_000);
    expect(outcome).toEqual({});
    await world.run(5_000);
    expect(outcome.rejection).toMatchObject({ code: 'busy' });
    expect(hub.heard.filter(({ message }) => message.type === 'publish')).toHaveLength(8);
  });

  test.each<[string, Content, object]>([
    ['an empty post', post('  '), { field: 'text', rule: 'empty' }],
    ['a long post', post('é'.repeat(4_001)), { field: 'text', rule: 'too_long', max: 4_000 }],
    ['a bell', post('a\u0007'), { field: 'text', rule: 'control' }],
    [
      'a notice without a title',
      { kind: 'announcement', body: { title: '', text: 'x' } },
      { field: 'title', rule: 'empty' },
    ],
    [
      'a day that does not exist',
      { kind: 'assignment', body: { title: 't', text: '', due: '2026-02-30' } },
      { field: 'due', rule: 'due' },
    ],
    [
      'an hour that does not exist',
      { kind: 'assignment', body: { title: 't', text: '', due: '2026-11-30T24:00' } },
      { field: 'due', rule: 'due' },
    ],
    [
      'a link that runs',
      { kind: 'assignment', body: { title: 't', text: '', due: '2026-11-30', links: ['javascript:x'] } },
      { field: 'links', rule: 'link' },
    ],
    [
      'too many links',
      {
        kind: 'assignment',
        body: { title: 't', text: '', due: '2026-11-30', links: Array(11).fill('https://a') },
      },
      { field: 'links', rule: 'too_long', max: 10 },
    ],
  ])('%s does not leave the form', async (_, content, problem) => {
    const { world, hub, client } = await setUp();
    const outcome = publish(client, A, content);
    await world.run(100);
    expect(outcome.rejection).toMatchObject({ code: 'invalid_body', problem });
    expect(hub.heard).toEqual([]);
  });

  test('4,000 characters outside the basic plane are 4,000 characters', async () => {
    const { world, client } = await setUp();
    const outcome = publish(client, A, post('🦉'.repeat(4_000)));
    await world.run(1_000);
    expect(outcome.receipt).toBeDefined();
  });

  test('no channel of that name', async () => {
    const { world, client } = await setUp();
    const outcome = publish(client, 'class:a b', post('x'));
    await world.run(1);
    expect(outcome.rejection).toMatchObject({ code: 'malformed' });
  });

  test('a full list takes no more, and what is in it still goes out', async () => {
    const { world, hub, client } = await setUp();
    hub.down = true;
    hub.cut();
    await world.run(1);
    for (let index = 0; index < OUTGOING_MAX; index += 1) publish(client, A, post(String(index)));
    const outcome = publish(client, A, post('one too many'));
    await world.run(1);
    expect(outcome.rejection).toMatchObject({ code: 'queue_full', uncertain: false });
    hub.down = false;
    await world.run(120_000);
    expect(stored(hub, A)).toHaveLength(OUTGOING_MAX);
  });

  test('the end of the connection says whether the hub may have it', async () => {
    const { world, hub, client } = await setUp();
    const sent = publish(client, A, post('sent'));
    const kept = publish(client, A, post('kept back behind it'));
    await world.run(10);
    hub.cut(4002, '{"code":"revoked"}');
    await world.run(100);
    const late = publish(client, A, post('late'));
    await world.run(1);
    expect(sent.rejection).toMatchObject({ code: 'closed', uncertain: true });
    expect(kept.rejection).toMatchObject({ code: 'closed', uncertain: false });
    expect(late.rejection).toMatchObject({ code: 'closed', uncertain: false });
  });
});
