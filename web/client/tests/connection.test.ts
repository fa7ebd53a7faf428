/** When the client connects, and what it makes of each way in which that ends. */

import { describe, expect, test } from 'vitest';

import { LoggedOut } from '../src/token.ts';
import { ModelClient } from './model/client.ts';
import { problem } from './model/answers.ts';
import { ModelHub } from './model/hub.ts';
import { World } from './model/world.ts';

function setUp(seed = 1) {
  const world = new World(seed);
  const hub = new ModelHub(world);
  const client = new ModelClient(hub);
  const live = () => world.until('live', () => client.state.name === 'live');
  return { world, hub, client, live };
}

describe('the way in', () => {
  test('a seat, a socket, a welcome', async () => {
    const { client, live, hub } = setUp();
    expect(client.state).toEqual({ name: 'idle' });
    client.connection.start();
    client.connection.start();
    await live();
    expect(client.states.map((state) => ('step' in state ? state.step : state.name))).toEqual([
      'idle',
      'seat',
      'socket',
      'live',
    ]);
    expect(client.state).toMatchObject({ welcome: { account: 'a.one', role: 'student' } });
    expect(client.times).toHaveLength(1);
    expect(hub.seatRequests).toHaveLength(1);
    expect(client.tokenAsked).toEqual(['first']);
  });

  test('a refused token is replaced once, in the same attempt', async () => {
    const { client, hub, live } = setUp();
    hub.revoked.add('token-1');
    client.connection.start();
    await live();
    expect(client.tokenAsked).toEqual(['first', 'refused']);
    expect(client.path).toEqual(['idle', 'connecting', 'live']);
  });

  test('a second refusal of the token is final', async () => {
    const { client, hub, world } = setUp();
    hub.revoked.add('token-1').add('token-2');
    client.connection.start();
    await world.run(600_000);
    expect(client.state).toEqual({
      name: 'closed',
      cause: { kind: 'problem', status: 401, code: 'token_expired' },
    });
    expect(hub.seatRequests).toHaveLength(2);
  });

  test.each([
    [403, 'unknown_account'],
    [403, 'not_allowed'],
    [404, 'not_found'],
  ])('a %i %s is final', async (status, code) => {
    const { client, hub, world } = setUp();
    hub.seatAnswers.push(problem(status, code));
    client.connection.start();
    await world.run(600_000);
    expect(client.state).toEqual({ name: 'closed', cause: { kind: 'problem', status, code } });
    expect(hub.seatRequests).toHaveLength(1);
  });

  test('a stated time is kept, and stretched by at most a fifth', async () => {
    const { client, hub, live } = setUp();
    hub.seatAnswers.push(problem(503, 'busy', 10_000), problem(429, 'rate_limited', 10_000));
    client.connection.start();
    await live();
    const [first, second, third] = hub.seatRequests.map(({ at }) => at);
    for (const gap of [second! - first!, third! - second!]) {
      expect(gap).toBeGreaterThanOrEqual(10_000);
      expect(gap).toBeLessThanOrEqual(12_100);
    }
    expect(client.states).toContainEqual(
      expect.objectContaining({ name: 'waiting', cause: { kind: 'problem', status: 503, code: 'busy' } }),
    );
  });

  test.each([
    [500, 'internal'],
    [503, 'draining'],
    [502, ''],
  ])('a %i %s without a stated time is tried again by our own backoff', async (status, code) => {
    const { client, hub, live } = setUp();
    hub.seatAnswers.push(problem(status, code));
    client.connection.start();
    await live();
    expect(client.path).toEqual(['idle', 'connecting', 'waiting', 'connecting', 'live']);
  });

  test('an answer that is no seat, or leads to another host, is no answer', async () => {
    const { client, hub, live } = setUp();
    hub.seatAnswers.push(
      { status: 200, body: {} },
      { status: 200, body: { seat: 's', url: '//elsewhere/' } },
    );
    client.connection.start();
    await live();
    expect(hub.seatRequests).toHaveLength(3);
  });

  test('a request that is never answered ends at its deadline', async () => {
    const world = new World();
    const hub = new ModelHub(world);
    const client = new ModelClient(hub, { token: () => new Promise(() => undefined) });
    client.connection.start();
    await world.run(15_000);
    expect(client.state).toMatchObject({ name: 'waiting', cause: { kind: 'unreachable' } });
  });

  test('a token source that fails is asked again; one that is logged out is not', async () => {
    const world = new World();
    const hub = new ModelHub(world);
    let asked = 0;
    const client = new ModelClient(hub, {
      token: () => {
        asked += 1;
        return asked < 3 ? Promise.reject(new Error('offline')) : Promise.reject(new LoggedOut());
      },
    });
    client.connection.start();
    await world.run(600_000);
    expect(client.state).toEqual({ name: 'closed', cause: { kind: 'logged_out' } });
    expect(asked).toBe(3);
  });

  test('a socket that opens and says nothing is given up at its deadline', async () => {
    const { client, hub, world, live } = setUp();
    client.connection.start();
    await world.until('socket', () => client.state.name === 'connecting' && client.state.step === 'socket');
    const [send] = [hub.send.bind(hub)];
    hub.send = () => undefined;
    await world.run(15_020);
    expect(client.state).toMatchObject({ name: 'waiting', cause: { kind: 'silent' } });
    hub.send = send;
    await live();
  });

  test('a first message that is not the welcome of this protocol ends the attempt', async () => {
    const { client, hub, world, live } = setUp();
    const send = hub.send.bind(hub);
    const wrong: object[] = [
      { type: 'behind', channel: 'class:a' },
      { type: 'welcome', protocol: 'preau.v1' },
    ];
    hub.send = (line, message) => send(line, (wrong.shift() ?? message) as typeof message);
    client.connection.start();
    await world.until('unreadable', () => client.state.name === 'waiting');
    expect(client.state).toMatchObject({ cause: { kind: 'unreadable' } });
    await live();
    expect(client.states.filter(({ name }) => name === 'waiting')).toHaveLength(2);
  });
});

describe('the way out', () => {
  test.each([
    [1000, 'normal'],
    [1002, 'protocol_error'],
    [1003, 'not_text'],
    [1007, 'not_utf8'],
    [1009, 'too_big'],
    [4000, 'abuse'],
    [4002, 'revoked'],
  ])('%i %s is for good', async (number, word) => {
    const { client, hub, live, world } = setUp();
    client.connection.start();
    await live();
    await world.run(10_000);
    hub.cut(number, JSON.stringify({ code: word }));
    await world.run(600_000);
    expect(client.state).toEqual({ name: 'closed', cause: { kind: 'closed_by_hub', number, word } });
    expect(hub.seatRequests).toHaveLength(1);
  });

  test.each([
    [1011, 'internal'],
    [4100, 'draining'],
    [4101, 'overloaded'],
  ])('%i %s is answered within the stated window', async (number, word) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { client, hub, live, world } = setUp(seed);
      client.connection.start();
      await live();
      await world.run(10_000);
      const at = world.now();
      hub.cut(number, JSON.stringify({ code: word, retry_ms: [7_000, 9_000] }));
      await world.until('back', () => hub.seatRequests.length === 2);
      const wait = hub.seatRequests[1]!.at - at;
      expect(wait).toBeGreaterThanOrEqual(7_000);
      expect(wait).toBeLessThanOrEqual(9_100);
    }
  });

  test.each([
    [4200, 'idle'],
    [4201, 'slow_consumer'],
  ])('%i %s is answered at once, but not in a loop', async (number, word) => {
    const { client, hub, live, world } = setUp();
    client.connection.start();
    await live();
    await world.run(10_000);
    const at = world.now();
    hub.cut(number, JSON.stringify({ code: word }));
    await world.run(1);
    await live();
    expect(hub.seatRequests[1]!.at - at).toBeLessThan(50);
    const requests = hub.seatRequests.length;
    for (const end = world.now() + 60_000; world.now() < end; await world.run(50)) hub.cut(number);
    expect(hub.seatRequests.length - requests).toBeLessThan(20);
  });

  test('4001 asks for another token and goes on with it', async () => {
    const { client, hub, live, world } = setUp();
    client.connection.start();
    await live();
    await world.run(10_000);
    hub.cut(4001, '{"code":"token_expired"}');
    await world.until('closed', () => client.state.name !== 'live');
    await live();
    expect(client.tokenAsked).toEqual(['first', 'refused']);
    expect(hub.seatRequests.map(({ token }) => token)).toEqual(['token-1', 'token-2']);
  });

  test('4001 right after a renewal for the same cause is for good', async () => {
    const { client, hub, live, world } = setUp();
    client.connection.start();
    await live();
    hub.cut(4001, '{"code":"token_expired"}');
    await world.until('closed', () => client.state.name !== 'live');
    await live();
    hub.cut(4001, '{"code":"token_expired"}');
    await world.run(600_000);
    const cause = { kind: 'closed_by_hub', number: 4001, word: 'token_expired' };
    expect(client.state).toEqual({ name: 'closed', cause });
  });

  test('a line that goes dead without a word is noticed and replaced', async () => {
    const { client, hub, live, world } = setUp();
    client.connection.start();
    await live();
    hub.freeze();
    const at = world.now();
    await world.until('noticed', () => client.state.name === 'waiting');
    expect(client.state).toMatchObject({ cause: { kind: 'silent' } });
    expect(world.now() - at).toBeLessThanOrEqual(40_000);
    await live();
  });

  test('a quiet line is asked and stays', async () => {
    const { client, hub, live, world } = setUp();
    client.connection.start();
    await live();
    await world.run(300_000);
    expect(client.path).toEqual(['idle', 'connecting', 'live']);
    const pings = hub.heard.filter(({ message }) => message.type === 'ping');
    expect(pings.length).toBeGreaterThanOrEqual(8);
    expect(pings.length).toBeLessThanOrEqual(10);
    expect(client.times.length).toBe(pings.length + 1);
  });

  test.each(['{"type":"pong"}', 'not JSON', ''])(
    'after the frame %j nothing can be trusted',
    async (text) => {
      const { client, hub, live } = setUp();
      client.connection.start();
      await live();
      hub.live[0]!.listener.received(text);
      expect(client.state).toMatchObject({ name: 'waiting', cause: { kind: 'unreadable' } });
      await live();
    },
  );

  test('a frame of a later version changes nothing', async () => {
    const { client, hub, live, world } = setUp();
    client.connection.start();
    await live();
    hub.send(hub.live[0]!, { type: 'hand_raised' });
    await world.run(1_000);
    expect(client.state.name).toBe('live');
  });

  test('who leaves is gone: nothing that comes late brings it back', async () => {
    const { client, hub, live, world } = setUp();
    client.connection.start();
    await live();
    const listener = hub.live[0]!.listener;
    client.connection.close();
    client.connection.close();
    listener.received('{"type":"behind","channel":"class:a"}');
    listener.closed(4200, '');
    client.connection.wake();
    client.connection.start();
    await world.run(600_000);
    expect(client.state).toEqual({ name: 'closed', cause: { kind: 'asked' } });
    expect(hub.seatRequests).toHaveLength(1);
  });

  test('leaving while a seat is asked for, or while waiting, is leaving', async () => {
    const asking = setUp();
    asking.client.connection.start();
    asking.client.connection.close();
    await asking.world.run(600_000);
    expect(asking.hub.lines).toHaveLength(0);

    const waiting = setUp();
    waiting.hub.down = true;
    waiting.client.connection.start();
    await waiting.world.until('waiting', () => waiting.client.state.name === 'waiting');
    waiting.client.connection.close();
    waiting.hub.down = false;
    await waiting.world.run(600_000);
    expect(waiting.hub.seatRequests).toHaveLength(0);
  });
});

describe('waking', () => {
  test('cuts short a wait of our own, not one that the hub advised', async () => {
    const { client, hub, live, world } = setUp();
    hub.down = true;
    client.connection.start();
    await world.run(120_000);
    await world.until('a long wait', () => {
      const { state } = client;
      return state.name === 'waiting' && state.until - world.now() > 3_000;
    });
    await world.run(1_500);
    hub.down = false;
    client.connection.wake();
    expect(client.state.name).toBe('connecting');
    await live();

    await world.run(10_000);
    hub.cut(4100, '{"code":"draining","retry_ms":[20000,20000]}');
    await world.run(5_000);
    client.connection.wake();
    expect(client.state.name).toBe('waiting');
  });

  test('asks an open line for a sign of life, and gives a dead one up soon', async () => {
    const { client, hub, live, world } = setUp();
    client.connection.start();
    await live();
    client.connection.wake();
    await world.run(1_000);
    expect(hub.heard.map(({ message }) => message.type)).toEqual(['ping']);
    hub.freeze();
    client.connection.wake();
    await world.run(10_000);
    expect(client.state).toMatchObject({ name: 'waiting', cause: { kind: 'silent' } });
  });
});
