/** An account's room: its places, its feeds, its line. */

import { describe, expect, test } from 'vitest';

import type { Me } from '@preau/client';
import { textOf } from '../../client/tests/model/answers.ts';
import { ENTRIES_MAX } from '../src/state/channel.ts';
import { troubleOf } from '../src/state/line.ts';
import { placesOf, writesOf } from '../src/state/places.ts';
import { Room } from '../src/state/room.ts';
import { SchoolClock } from '../src/state/school-clock.ts';
import { streamOf } from '../src/state/stream.ts';
import { FakeSchool, ME } from './fakes.ts';

async function open(me: Partial<Me> = {}) {
  const fake = new FakeSchool();
  fake.answers['/v1/me'] = [200, { ...ME, ...me }];
  const clock = new SchoolClock(fake.world);
  const room = await Room.open(fake.environment, () => Promise.resolve('token'), clock);
  await fake.world.until('live', () => room.line.value.name === 'live');
  await fake.world.run(1_000);
  const feed = (channel: string) => room.channel(channel).view;
  const texts = (channel: string) => feed(channel).value.entries.map(textOf);
  return { fake, room, feed, texts };
}

const post = (text: string) => ({ kind: 'post', body: { text } }) as const;

describe('places', () => {
  test('a pupil has one stream and then each class, in order', async () => {
    const { room } = await open();
    expect(room.places.map(({ id }) => id)).toEqual([
      'stream',
      'class:a',
      'class:b',
      'bulletin:lp',
      'account:a.one',
    ]);
    expect(room.place.value.id).toBe('stream');
    expect(room.places[2]).toMatchObject({ kind: 'group', title: 'Maths', subject: 'Mathématiques' });
  });

  test('a school is named where there are several', () => {
    const schools = [...ME.schools, { id: 'lq', name: 'Lycée du Quai' }];
    const [, bulletin] = placesOf({ ...ME, role: 'staff', schools }, ['bulletin:lp', 'bulletin:lq']);
    expect(bulletin).toMatchObject({ title: '', school: 'Lycée du Quai', writes: ['announcement'] });
  });

  test('forms are offered where the hub would take what they send', () => {
    const channels = [
      'class:a',
      'school:lp',
      'level:lp/2nde',
      'bulletin:lp',
      'bulletin:region',
      'region',
      'account:x',
    ];
    const writes = (role: Me['role']) => channels.filter((channel) => writesOf(role, channel).length > 0);
    expect(writes('teacher')).toEqual(['class:a']);
    expect(writes('student')).toEqual(['class:a']);
    expect(writes('guardian')).toEqual([]);
    expect(writes('staff')).toEqual(['school:lp', 'level:lp/2nde', 'bulletin:lp']);
    expect(writes('operator')).toEqual(channels.slice(0, -1));
    expect(writesOf('student', 'class:a')).toEqual(['post']);
  });

  test('more channels than a connection may follow are left out, and counted', async () => {
    const channels = Array.from({ length: 70 }, (_, index) => `class:c${index}`);
    const { room } = await open({ channels, role: 'teacher' });
    expect(room.leftOut).toBe(6);
    expect(room.places.filter(({ kind }) => kind !== 'desk')).toHaveLength(64);
  });

  test('times are those of the zone that the hub names', async () => {
    const { room } = await open({ zone: 'Indian/Reunion' });
    expect(room.zone).toBe('Indian/Reunion');
  });

  test('an account without anything to read has an empty room', async () => {
    const { room } = await open({ channels: [], classes: [] });
    expect(room.places).toEqual([]);
    expect(room.composer(room.place.value)).toBeUndefined();
  });
});

describe('a feed', () => {
  test('shows what comes, in batches, and counts it where nobody looks', async () => {
    const { fake, room, texts, feed } = await open();
    room.choose(room.places[1]!);
    const sizes: number[] = [];
    feed('class:a').subscribe(({ entries }) => sizes.push(entries.length));
    for (let index = 0; index < 40; index += 1) {
      fake.hub.publish('class:a', String(index));
      fake.hub.publish('class:b', String(index));
      await fake.world.run(10);
    }
    await fake.world.run(500);
    expect(texts('class:a')).toHaveLength(40);
    expect(sizes.length).toBeLessThan(8);
    expect([feed('class:a').value.unread, feed('class:b').value.unread]).toEqual([0, 40]);
    room.choose(room.places[2]!);
    expect(feed('class:b').value.unread).toBe(0);
  });

  test('is bounded: the oldest leave, and can be read again', async () => {
    const { fake, texts, feed, room } = await open();
    for (let index = 0; index < ENTRIES_MAX + 100; index += 1) fake.hub.publish('class:a', String(index));
    await fake.world.run(1_000);
    expect(texts('class:a')).toHaveLength(ENTRIES_MAX);
    expect(texts('class:a').at(-1)).toBe(String(ENTRIES_MAX + 99));
    await room.channel('class:a').loadEarlier();
    expect(feed('class:a').value.entries).toHaveLength(ENTRIES_MAX);
  });

  test('looks further back, page by page, until there is nothing', async () => {
    const fake = new FakeSchool();
    for (let index = 0; index < 120; index += 1) fake.hub.publish('class:a', String(index));
    const clock = new SchoolClock(fake.world);
    const room = await Room.open(fake.environment, () => Promise.resolve('token'), clock);
    await fake.world.run(2_000);
    const channel = room.channel('class:a');
    const sizes = [channel.view.value.entries.length];
    while (channel.view.value.earlier === 'some') {
      await channel.loadEarlier();
      sizes.push(channel.view.value.entries.length);
    }
    expect(sizes).toEqual([50, 100, 120]);
    expect(channel.view.value.entries.map(textOf)).toEqual(
      Array.from({ length: 120 }, (_, index) => String(index)),
    );
  });

  test('says when looking back failed', async () => {
    const { fake, room, feed } = await open();
    for (let index = 0; index < 3; index += 1) fake.hub.publish('class:a', String(index));
    fake.hub.holes = () => 9;
    await fake.world.run(500);
    const entries = feed('class:a').value.entries.slice(1);
    feed('class:a').change({ entries, earlier: 'some' });
    fake.answers['/v1/channels/class%3Aa/publications'] = 'unreachable';
    await room.channel('class:a').loadEarlier();
    expect(feed('class:a').value.earlier).toBe('failed');
  });

  test('can be paused: what comes is counted, one’s own words are shown', async () => {
    const { fake, room, texts, feed } = await open();
    const channel = room.channel('class:a');
    channel.pause();
    fake.hub.publish('class:a', 'theirs');
    await fake.world.run(500);
    expect([texts('class:a'), feed('class:a').value.heldBack]).toEqual([[], 1]);
    channel.send(post('mine'));
    await fake.world.run(500);
    expect(texts('class:a')).toEqual(['theirs', 'mine']);
    fake.hub.publish('class:a', 'later');
    await fake.world.run(500);
    channel.resume();
    expect([texts('class:a').at(-1), feed('class:a').value.heldBack]).toEqual(['later', 0]);
  });

  test('begins anew after a reset, says why, and counts that as seen when it is', async () => {
    const { fake, room, texts, feed } = await open();
    fake.hub.publish('class:a', '1');
    await fake.world.run(500);
    fake.hub.restore('0000000b');
    await fake.world.run(1);
    await fake.world.until('back', () => room.line.value.name === 'live');
    await fake.world.run(1_000);
    expect(texts('class:a')).toEqual(['1']);
    expect(feed('class:a').value.reset).toBe('epoch');
    room.channel('class:a').resetSeen();
    expect(feed('class:a').value.reset).toBeUndefined();
  });

  test('is late but complete, and ends when the roster says so', async () => {
    const { fake, feed } = await open();
    const [line] = fake.hub.live;
    fake.hub.send(line!, { type: 'behind', channel: 'class:a' });
    await fake.world.run(100);
    expect(feed('class:a').value.following).toBe('behind');
    const position = { epoch: fake.hub.epoch, offset: 0 };
    fake.hub.send(line!, { type: 'caught_up', channel: 'class:a', position } as never);
    await fake.world.run(100);
    expect(feed('class:a').value.following).toBe('live');
    fake.hub.send(line!, { type: 'unsubscribed', channel: 'class:a' });
    await fake.world.run(100);
    expect(feed('class:a').value.following).toBe('ended');
  });

  test('several as one keep each channel’s order, whatever the clock did', async () => {
    const { fake, room } = await open();
    const merged: string[][] = [];
    const stop = streamOf(room.channelsOf(room.places[0]!)).subscribe((entries) =>
      merged.push(entries.map(textOf)),
    );
    fake.hub.publish('class:a', 'a1');
    await fake.world.run(400);
    fake.hub.publish('class:b', 'b1');
    await fake.world.run(400);
    fake.hub.publish('class:a', 'a2');
    await fake.world.run(400);
    expect(merged.at(-1)).toEqual(['a1', 'b1', 'a2']);
    stop();
    fake.hub.publish('class:a', 'a3');
    await fake.world.run(400);
    expect(merged.at(-1)).toHaveLength(3);
  });
});

describe('sending', () => {
  test('shows itself until the feed holds it', async () => {
    const { fake, room, feed, texts } = await open();
    room.channel('class:a').send(post('hello'));
    expect(feed('class:a').value.sending).toMatchObject([{ stage: 'sending' }]);
    await fake.world.run(500);
    expect([feed('class:a').value.sending, texts('class:a')]).toEqual([[], ['hello']]);
  });

  test('a failure can be tried again under its own name, or taken back into the form', async () => {
    const { fake, room, feed, texts } = await open();
    const channel = room.channel('class:a');
    fake.hub.intercept = (message) =>
      message.type === 'publish'
        ? ({ type: 'error', id: message.id, code: 'storage_full', message: '' } as never)
        : undefined;
    channel.send(post('hello'));
    await fake.world.run(500);
    const [failed] = feed('class:a').value.sending;
    expect(failed).toMatchObject({ stage: 'failed', code: 'storage_full', uncertain: false });
    channel.retry('unknown');
    expect(channel.discard('unknown')).toBeUndefined();
    fake.hub.intercept = () => undefined;
    channel.retry(failed!.messageId);
    await fake.world.run(500);
    expect(texts('class:a')).toEqual(['hello']);
    const names = fake.hub.heard.flatMap(({ message }) =>
      message.type === 'publish' ? [message.message_id] : [],
    );
    expect(new Set(names).size).toBe(1);

    fake.hub.cut(4002, '{"code":"revoked"}');
    await fake.world.run(100);
    channel.send(post('too late'));
    await fake.world.run(100);
    const [late] = feed('class:a').value.sending;
    expect(late).toMatchObject({ stage: 'failed', code: 'closed' });
    expect(channel.discard(late!.messageId)).toEqual(post('too late'));
    expect(feed('class:a').value.sending).toEqual([]);
  });

  test('what waits for the line is known to the page, which asks before it is left', async () => {
    const { fake, room } = await open();
    fake.hub.down = true;
    fake.hub.cut();
    await fake.world.run(100);
    room.channel('class:a').send(post('hello'));
    expect(room.hasUnsent).toBe(true);
    fake.hub.down = false;
    await fake.world.run(60_000);
    expect(room.hasUnsent).toBe(false);
  });
});

describe('the line', () => {
  test('is new once; after a break it is being mended, and says why', async () => {
    const { fake, room } = await open();
    const names: string[] = [];
    room.line.subscribe((line) => names.push('trouble' in line ? `${line.name} ${line.trouble}` : line.name));
    fake.hub.cut(4100, '{"code":"draining","retry_ms":[1000,2000]}');
    await fake.world.run(5_000);
    expect([...new Set(names)]).toEqual(['live', 'waiting restarting', 'reconnecting restarting']);
    expect(names.at(-1)).toBe('live');
    fake.hub.cut(4002, '{"code":"revoked"}');
    await fake.world.run(100);
    expect(names.at(-1)).toBe('closed revoked');
  });

  test.each([
    [{ kind: 'asked' }, 'left'],
    [{ kind: 'logged_out' }, 'logged_out'],
    [{ kind: 'unreachable' }, 'lost'],
    [{ kind: 'silent' }, 'lost'],
    [{ kind: 'unreadable' }, 'outdated'],
    [{ kind: 'closed_by_hub', number: 4101, word: 'overloaded' }, 'full'],
    [{ kind: 'closed_by_hub', number: 4000, word: 'abuse' }, 'abuse'],
    [{ kind: 'closed_by_hub', number: 4299, word: undefined }, 'lost'],
    [{ kind: 'problem', status: 503, code: 'busy' }, 'full'],
    [{ kind: 'problem', status: 403, code: 'unknown_account' }, 'revoked'],
    [{ kind: 'problem', status: 500, code: 'internal' }, 'failed'],
    [{ kind: 'problem', status: 404, code: '' }, 'refused'],
  ] as const)('%j is %s', (cause, trouble) => expect(troubleOf(cause)).toBe(trouble));
});
