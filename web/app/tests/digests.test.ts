/** A guardian's room: the digests of the evenings, and nothing to watch for. */

import { expect, test } from 'vitest';

import type { DigestBody } from '@preau/client';
import { DIGESTS_MAX } from '../src/state/digests.ts';
import { Room } from '../src/state/room.ts';
import { SchoolClock } from '../src/state/school-clock.ts';
import { School } from '../src/state/school.ts';
import { FakeSchool, ME } from './fakes.ts';

const own = 'account:a.one';
const CHILD = { account: 's.lea', given_name: 'Léa', family_name: 'Petit' };
const digest = (date: string): DigestBody => ({
  date,
  language: 'fr',
  children: ['s.lea', 's.tom'].map((child) => ({ child, entries: [] })),
  school: [],
});
const day = (number: number) =>
  `2026-${String(Math.floor(number / 28) + 1).padStart(2, '0')}-${String((number % 28) + 1).padStart(2, '0')}`;

async function open(before = 0) {
  const fake = new FakeSchool();
  const me = { ...ME, role: 'guardian', classes: [], channels: ['bulletin:lp', own], children: [CHILD] };
  fake.answers['/v1/me'] = [200, me];
  for (let number = 0; number < before; number += 1) {
    fake.hub.publish(own, { kind: 'digest', body: digest(day(number)) }, `digest.${number}`, '{hub}');
  }
  const room = await Room.open(fake.environment, () => Promise.resolve('token'), new SchoolClock(fake.world));
  await fake.world.until('live', () => room.line.value.name === 'live');
  await fake.world.run(1_000);
  const dates = () => room.digests?.view.value.digests.map(({ date }) => date);
  const publish = (date: string) =>
    fake.hub.publish(own, { kind: 'digest', body: digest(date) }, `digest.${date}`, '{hub}');
  return { fake, room, dates, publish };
}

test('their own channel is the first place, and holds the digests, the newest first', async () => {
  const { fake, room, dates, publish } = await open();
  expect(room.places.map(({ id }) => id)).toEqual([own, 'bulletin:lp']);
  expect(room.place.value.id).toBe(own);
  publish('2026-03-26');
  publish('2026-03-27');
  await fake.world.run(1_000);
  expect(dates()).toEqual(['2026-03-27', '2026-03-26']);
  expect(room.channel(own).view.value.entries).toEqual([]);
  expect(room.digests?.view.value.complete).toBe(true);
});

test('the past is read by pages as it is asked for, and its end is known', async () => {
  const { fake, room, dates } = await open(75);
  const view = () => room.digests!.view.value;
  const asked = () => fake.asked.filter(({ url }) => url.includes('kind=digest')).length;
  await fake.world.until('read', () => view().complete);
  // What was replayed stands with what was read.
  const first = dates()!.length;
  expect(view().earlier).toBe('some');
  expect(asked()).toBe(1);
  for (let pages = 0; pages < 10 && view().earlier === 'some'; pages += 1) {
    await room.digests!.loadEarlier();
  }
  expect(view().earlier).toBe('full');
  expect(dates()!.length).toBeGreaterThanOrEqual(first);
  expect(dates()).toHaveLength(DIGESTS_MAX);
  expect(dates()).toEqual([...dates()!].sort().reverse());
  const before = asked();
  await room.digests!.loadEarlier();
  expect(asked()).toBe(before);
});

test('a page that could not be read is asked for again', async () => {
  const { fake, room } = await open(12);
  await fake.world.until('read', () => room.digests!.view.value.complete);
  fake.answers[`/v1/channels/${encodeURIComponent(own)}/publications`] = 'unreachable';
  const wanted = room.digests!.view.value.earlier;
  expect(wanted).toBe('some');
  await room.digests!.loadEarlier();
  expect(room.digests!.view.value.earlier).toBe('failed');
  delete fake.answers[`/v1/channels/${encodeURIComponent(own)}/publications`];
  await room.digests!.loadEarlier();
  expect(room.digests!.view.value.earlier).toBe('none');
});

test('a child that is the guardian’s no longer is shown in no digest, and a cut link renews the room by itself', async () => {
  const { fake, room, publish } = await open();
  publish('2026-03-27');
  await fake.world.run(1_000);
  expect(room.digests!.view.value.digests[0]?.children.map(({ child }) => child)).toEqual(['s.lea']);
  expect(room.changed.value).toBe(false);
  fake.hub.send(fake.hub.live[0]!, { type: 'unsubscribed', channel: 'bulletin:lp' } as never);
  await fake.world.run(100);
  expect(room.changed.value).toBe(true);
  room.close();
});

test('the renewed room knows what the hub says now, and nobody sees the entrance meanwhile', async () => {
  const fake = new FakeSchool();
  const me = { ...ME, role: 'guardian', classes: [], channels: ['bulletin:lp', own], children: [CHILD] };
  fake.answers['/v1/me'] = [200, me];
  const school = new School(fake.environment, fake.memory);
  await school.start();
  await school.enter('a.one');
  const names: string[] = [];
  school.view.subscribe(({ name }) => names.push(name));
  const room = () => {
    const { value } = school.view;
    if (value.name !== 'inside') throw new Error('not inside');
    return value.room;
  };
  await fake.world.until('live', () => room().line.value.name === 'live');
  const before = room();
  fake.answers['/v1/me'] = [200, { ...me, channels: [own], children: [] }];
  fake.hub.send(fake.hub.live[0]!, { type: 'unsubscribed', channel: 'bulletin:lp' } as never);
  await fake.world.until('renewed', () => room() !== before);
  await fake.world.until('live', () => room().line.value.name === 'live');
  expect(room().places.map(({ id }) => id)).toEqual([own]);
  expect(new Set(names)).toEqual(new Set(['inside']));
  await school.leave();
});
