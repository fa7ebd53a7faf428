/**
 * Whole lives of a client under random cuts, deaths, restarts and refusals, each drawn from a seed that the failure names.
 * In the end it holds what the hub's log holds: nothing missing, nothing twice, in order; and everything that it published
 * stands in the log once.
 */

import { expect, test } from 'vitest';

import type { PublishRejected } from '../src/outgoing.ts';
import { textOf } from './model/answers.ts';
import { ModelClient } from './model/client.ts';
import { ModelHub } from './model/hub.ts';
import { seeded, World } from './model/world.ts';

const CHANNELS = ['class:a', 'class:b', 'class:c'];
const STEPS = 120;

async function life(seed: number): Promise<void> {
  const world = new World(seed);
  const chance = seeded(seed ^ 0x5eed);
  const hub = new ModelHub(world);
  hub.holes = () => (chance() < 0.2 ? 3 : 0);
  const client = new ModelClient(hub);
  const rejections: PublishRejected[] = [];
  const mine: string[] = [];
  for (const channel of CHANNELS) client.follow(channel, { last: 100 });
  client.connection.start();
  hub.intercept = (message) =>
    message.type === 'publish' && chance() < 0.05
      ? { type: 'error', id: message.id, code: 'rate_limited', message: '', retry_after_ms: 300 }
      : undefined;

  for (let step = 0; step < STEPS; step += 1) {
    const channel = CHANNELS[Math.floor(chance() * CHANNELS.length)]!;
    const what = chance();
    if (what < 0.45) hub.publish(channel, `theirs ${step}`);
    else if (what < 0.75) {
      const text = `mine ${step}`;
      mine.push(`${channel} ${text}`);
      client.connection
        .publish(channel, { kind: 'post', body: { text } })
        .catch((error: PublishRejected) => rejections.push(error));
    } else if (what < 0.85) hub.cut();
    else if (what < 0.88) hub.cut(4201, '{"code":"slow_consumer"}');
    else if (what < 0.91) hub.cut(4100, '{"code":"draining","retry_ms":[100,2000]}');
    else if (what < 0.93) hub.freeze();
    else if (what < 0.95) hub.down = !hub.down;
    else client.connection.wake();
    await world.run(chance() < 0.1 ? chance() * 60_000 : chance() * 200);
  }
  hub.down = false;
  await world.until('calm', () => client.state.name === 'live' && client.connection.unanswered === 0);
  await world.run(120_000);

  expect(rejections).toEqual([]);
  expect(client.events.filter(({ type }) => type === 'reset' || type === 'ended')).toEqual([]);
  const inLogs = CHANNELS.flatMap((channel) => {
    const texts = hub.log(channel).publications.map(textOf);
    expect(client.feed.get(channel), channel).toEqual(texts);
    return texts.filter((text) => text.startsWith('mine')).map((text) => `${channel} ${text}`);
  });
  for (const channel of CHANNELS) {
    const ofChannel = (all: string[]) => all.filter((text) => text.startsWith(`${channel} `));
    expect(ofChannel(inLogs), 'each once, in the order of the calls').toEqual(ofChannel(mine));
  }
}

const FIXED = Array.from({ length: 40 }, (_, index) => index + 1);
const FRESH = Array.from({ length: 10 }, () => Math.floor(Math.random() * 2 ** 31));

test.each([...FIXED, ...FRESH])('seed %i', life);
