/** A guardian's room: the digests of the evenings, and nothing to watch for. */

import { expect, test } from 'vitest';

import type { DigestBody } from '@preau/client';
import { Room } from '../src/state/room.ts';
import { SchoolClock } from '../src/state/school-clock.ts';
import { FakeSchool, ME } from './fakes.ts';

const own = 'account:a.one';
const digest = (date: string): DigestBody => ({ date, language: 'fr', children: [], school: [] });

async function open() {
  const fake = new FakeSchool();
  fake.answers['/v1/me'] = [200, { ...ME, role: 'guardian', classes: [], channels: ['bulletin:lp', own] }];
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
