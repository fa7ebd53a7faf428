/** At the door: what is shown to whoever waits, is out of hours, or works in another window. */

import { describe, expect, test } from 'vitest';

import { place, problem, suspended, telling } from '../../client/tests/model/answers.ts';
import { Room } from '../src/state/room.ts';
import { SchoolClock } from '../src/state/school-clock.ts';
import { School } from '../src/state/school.ts';
import { DEMO, FakeSchool, ME } from './fakes.ts';

const HOUR_MS = 3_600_000;

async function open(change: (fake: FakeSchool) => void = () => undefined) {
  const fake = new FakeSchool();
  change(fake);
  const clock = new SchoolClock(fake.world);
  const room = await Room.open(fake.environment, () => Promise.resolve('token'), clock);
  const door = () => room.door.value;
  const at = (name: string) => fake.world.until(name, () => door().name === name, 48 * HOUR_MS);
  const live = () => fake.world.until('live', () => room.line.value.name === 'live', 48 * HOUR_MS);
  return { fake, room, door, at, live };
}

describe('the waiting room', () => {
  test('shows the way from its beginning, and about how long once it moved', async () => {
    const { door, at, live, room } = await open((fake) =>
      fake.hub.seatAnswers.push(place(100, 60_000), place(50, 60_000), place(0, 5_000)),
    );
    const seen: unknown[] = [];
    room.door.subscribe((view) => seen.push(view));
    await at('queued');
    expect(door()).toEqual({ name: 'queued', ahead: 100, most: 100, minutes: undefined, wasInside: false });
    expect(room.line.value).toEqual({ name: 'queued' });
    await live();
    expect(door()).toEqual({ name: 'open' });
    expect(seen).toMatchObject([
      { name: 'open' },
      { ahead: 100 },
      { ahead: 50, most: 100, minutes: 2 },
      { ahead: 0, most: 100, minutes: 0 },
      { name: 'open' },
    ]);
  });

  test('begins anew when the estimate grows', async () => {
    const { door, fake, live } = await open((fake) =>
      fake.hub.seatAnswers.push(place(10, 5_000), place(40, 5_000)),
    );
    await fake.world.until('more', () => 'most' in door() && (door() as { most: number }).most === 40);
    expect(door()).toMatchObject({ ahead: 40, most: 40, minutes: undefined });
    await live();
  });

  test('is still shown while a poll fails, with what happened', async () => {
    const { door, fake, room, at, live } = await open((fake) => fake.hub.seatAnswers.push(place(10, 5_000)));
    await at('queued');
    fake.hub.down = true;
    await fake.world.run(8_000);
    expect(door().name).toBe('queued');
    expect(room.line.value).toMatchObject({ name: 'waiting', trouble: 'lost' });
    fake.hub.down = false;
    await live();
  });

  test('whoever was inside is told so, and keeps what they read', async () => {
    const { door, fake, room, at, live } = await open();
    await live();
    fake.hub.publish('class:a', 'read');
    await fake.world.run(500);
    fake.hub.seatAnswers.push(place(10, 5_000));
    fake.hub.cut(4103, '{"code":"evicted","retry_ms":[30000,120000]}');
    await fake.world.run(1);
    expect(room.line.value).toMatchObject({ name: 'waiting', trouble: 'full' });
    await at('queued');
    expect(door()).toMatchObject({ wasInside: true });
    expect(room.channel('class:a').view.value.entries).toHaveLength(1);
    await live();
  });
});

describe('out of hours', () => {
  test('says when, and lets in at it', async () => {
    const { door, at, live } = await open((fake) =>
      fake.hub.seatAnswers.push(suspended(DEMO.school_time + HOUR_MS, DEMO.school_time)),
    );
    await at('suspended');
    expect(door()).toEqual({ name: 'suspended', opensAt: DEMO.school_time + HOUR_MS });
    await live();
    expect(door()).toEqual({ name: 'open' });
  });

  test('nothing is asked for while the hour is known; a demo’s clock is looked at with the page', async () => {
    const fake = new FakeSchool();
    fake.hub.seatAnswers.push(suspended(DEMO.school_time + 9 * HOUR_MS, DEMO.school_time));
    const kept: string[] = [];
    const school = new School(fake.environment, fake.memory, (account) => ({
      read: () => undefined,
      write: (name) => void kept.push(`${account} ${name}`),
    }));
    await school.start();
    await school.enter('a.one');
    const { value } = school.view;
    if (value.name !== 'inside') throw new Error('not inside');
    await fake.world.until('suspended', () => value.room.door.value.name === 'suspended');
    await fake.world.run(5_000);
    const calm = fake.asked.length;
    await fake.world.run(8 * HOUR_MS);
    expect(value.room.door.value.name).toBe('suspended');
    expect(fake.asked.slice(calm).map(({ url }) => url)).toEqual([]);
    fake.answers['/v1/demo'] = [200, { ...DEMO, school_time: DEMO.school_time + 9 * HOUR_MS }];
    await school.lookAgain();
    await fake.world.run(40_000);
    expect(value.room.door.value.name).toBe('open');
    expect(value.room.line.value.name).toBe('live');
    const asked = fake.asked.filter(({ url }) => url.endsWith('/v1/demo')).length;
    await fake.world.run(60_000);
    expect(fake.asked.filter(({ url }) => url.endsWith('/v1/demo'))).toHaveLength(asked);
    expect(new Set(kept)).toEqual(new Set(['a.one resume']));
    await school.leave();
  });
});

describe('what the operators say', () => {
  test('is read by whoever waits or is refused, and is over with the wait', async () => {
    const { fake, room, at, live } = await open((fake) => {
      fake.hub.seatAnswers.push(
        telling(suspended(DEMO.school_time + HOUR_MS, DEMO.school_time), 'Panne du réseau.', 7),
        telling(place(9, 5_000), 'Panne du réseau.', 7),
        place(3, 5_000),
      );
      for (const name of ['lp', 'region']) fake.answers[`/v1/bulletin/${name}`] = 'unreachable';
    });
    await at('suspended');
    const panne = [{ text: 'Panne du réseau.', lang: 'fr', since: 7 }];
    expect(room.notices.value).toEqual(panne);
    await at('queued');
    expect(room.notices.value).toEqual(panne);
    await fake.world.until('over', () => room.notices.value.length === 0, 60_000);
    await live();
  });

  test('is shown once, though the bulletin tells it too', async () => {
    const notice = { text: 'Panne du réseau.', since: 7 };
    const { fake, room, at } = await open((fake) => {
      fake.answers['/v1/bulletin/lp'] = [200, { publications: [], notice }];
      fake.hub.seatAnswers.push(telling(place(9, 30_000), notice.text), telling(place(8, 30_000), 'Autre.'));
    });
    await at('queued');
    await fake.world.until('read', () => room.bulletin.value.notices.length === 1);
    expect(room.notices.value).toEqual([notice]);
    await fake.world.until('other', () => room.notices.value.length === 2, 60_000);
    expect(room.notices.value.map(({ text }) => text)).toEqual([notice.text, 'Autre.']);
  });
});

describe('what a bulletin says later', () => {
  test('stands in the place of what the door said', async () => {
    const { fake, room, at } = await open((fake) =>
      fake.hub.seatAnswers.push(
        telling(suspended(DEMO.school_time + HOUR_MS, DEMO.school_time), 'Panne du réseau.'),
      ),
    );
    await at('suspended');
    expect(room.notices.value).toHaveLength(1);
    await fake.world.until('over', () => room.notices.value.length === 0, 10_000);
    expect(room.door.value.name).toBe('suspended');
  });
});

describe('sent away', () => {
  test('says for about how long, and lets in again after it', async () => {
    const { fake, door, room, at, live } = await open((fake) =>
      fake.hub.seatAnswers.push(problem(403, 'kicked', 590_000)),
    );
    await at('kicked');
    expect(door()).toMatchObject({ name: 'kicked' });
    const { minutes } = door() as { minutes: number };
    expect(minutes).toBeGreaterThanOrEqual(10);
    expect(minutes).toBeLessThanOrEqual(12);
    expect(room.line.value).toMatchObject({ name: 'waiting', trouble: 'kicked' });
    await fake.world.run(5 * 60_000);
    const left = (door() as { minutes: number }).minutes;
    expect([minutes - left, left]).toEqual([5, minutes - 5]);
    await live();
    expect(door()).toEqual({ name: 'open' });
  });
});

describe('sent away from inside', () => {
  test('is said at once, and soon for how long', async () => {
    const { fake, door, room, at, live } = await open();
    await live();
    await fake.world.run(10_000);
    fake.hub.cut(4005, '{"code":"kicked"}');
    fake.hub.seatAnswers.push(problem(403, 'kicked', 600_000));
    await fake.world.run(100);
    expect(room.line.value).toMatchObject({ name: 'waiting', trouble: 'kicked' });
    await at('kicked');
    expect(door()).toMatchObject({ name: 'kicked' });
    await live();
    expect(door()).toEqual({ name: 'open' });
  });
});

describe('another window', () => {
  test('is said, and this one can be taken back', async () => {
    const fake = new FakeSchool();
    const school = new School(fake.environment, fake.memory);
    await school.start();
    await school.enter('a.one');
    const inside = () => {
      const { value } = school.view;
      if (value.name !== 'inside') throw new Error('not inside');
      return value.room;
    };
    const first = inside();
    await fake.world.until('live', () => first.line.value.name === 'live');
    fake.hub.cut(4003, '{"code":"replaced"}');
    await fake.world.run(HOUR_MS);
    expect(first.door.value).toEqual({ name: 'elsewhere' });
    expect(first.line.value).toEqual({ name: 'closed', trouble: 'elsewhere' });
    await school.comeBack();
    expect(inside()).not.toBe(first);
    expect(fake.remembered).toBe('a.one');
    await fake.world.until('live', () => inside().line.value.name === 'live');
    expect(inside().door.value).toEqual({ name: 'open' });
  });

  test('an end of another kind is no matter of the door', async () => {
    const { fake, door, room, live } = await open();
    await live();
    fake.hub.cut(4002, '{"code":"revoked"}');
    await fake.world.run(100);
    expect(door()).toEqual({ name: 'open' });
    expect(room.line.value).toEqual({ name: 'closed', trouble: 'revoked' });
  });
});

describe('what everybody may know', () => {
  const notice = { text: 'Retards ce matin', since: 5 };
  const bulletins = (fake: FakeSchool) =>
    fake.asked.filter(({ url }) => url.includes('/v1/bulletin/')).length;

  test('is read at the door, and no more once inside', async () => {
    const { fake, room, at, live } = await open((fake) => {
      fake.answers['/v1/bulletin/lp'] = [
        200,
        {
          publications: [
            { published_at: 1, kind: 'announcement', body: { title: 'Cantine', text: 'Fermée.' } },
          ],
        },
      ];
      fake.hub.seatAnswers.push(place(9, 60_000));
    });
    await at('queued');
    await fake.world.run(5_000);
    expect(room.bulletin.value.items).toHaveLength(1);
    await live();
    const before = bulletins(fake);
    await fake.world.run(10 * 60_000);
    expect(bulletins(fake)).toBe(before);
  });

  test('a notice is followed until it is withdrawn; a loaded hub is asked for one', async () => {
    const { fake, room, live } = await open();
    await live();
    await fake.world.run(5 * 60_000);
    const calm = bulletins(fake);
    fake.answers['/v1/bulletin/region'] = [200, { publications: [], notice }];
    fake.hub.send(fake.hub.live[0]!, { type: 'load', level: 2 } as never);
    await fake.world.run(5_000);
    expect(room.load.value).toBe(2);
    expect(room.bulletin.value.notices).toEqual([notice]);
    fake.hub.send(fake.hub.live[0]!, { type: 'load', level: 0 } as never);
    fake.answers['/v1/bulletin/region'] = [200, { publications: [] }];
    await fake.world.run(3 * 60_000);
    expect(room.bulletin.value.notices).toEqual([]);
    const after = bulletins(fake);
    expect(after).toBeGreaterThan(calm);
    await fake.world.run(10 * 60_000);
    expect(bulletins(fake)).toBe(after);
    room.close();
  });

  test('reaches the entrance, without logging in', async () => {
    const fake = new FakeSchool();
    fake.answers['/v1/demo'] = [503, { code: 'closed' }];
    fake.answers['/v1/bulletin/region'] = [200, { publications: [], notice }];
    const school = new School(fake.environment, fake.memory);
    await school.start();
    expect(school.view.value.name).toBe('unreachable');
    await fake.world.run(5_000);
    expect(school.bulletin.value.notices).toEqual([notice]);
    expect(
      fake.asked
        .filter(({ url }) => url.includes('bulletin'))
        .every(({ headers }) => !('authorization' in headers)),
    ).toBe(true);
  });
});

test('a hidden page and one that is left are told to the connection', async () => {
  const { fake, room, live } = await open();
  await live();
  room.hide(true);
  room.leaving();
  await fake.world.run(100);
  expect(fake.hub.heard.at(-1)!.message).toEqual({ type: 'visibility', hidden: true });
});

test('a publication that is kept for later says for when', async () => {
  const { fake, room, live } = await open();
  await live();
  await fake.world.run(1_000);
  const deliver_at = DEMO.school_time + HOUR_MS;
  fake.hub.intercept = (message) =>
    message.type === 'publish'
      ? ({
          type: 'scheduled',
          id: message.id,
          channel: message.channel,
          message_id: message.message_id,
          deliver_at,
          duplicate: false,
        } as never)
      : undefined;
  room.channel('class:a').send({ kind: 'post', body: { text: 'demain' } });
  await fake.world.run(200);
  expect(room.channel('class:a').view.value.sending).toMatchObject([
    { stage: 'scheduled', deliverAt: deliver_at },
  ]);
});

test('a network that only lets read says so', async () => {
  const { fake, room } = await open((fake) => {
    fake.hub.blocksSockets = true;
    Object.assign(fake.environment, { stream: fake.hub.stream });
  });
  await fake.world.until('reading', () => room.line.value.name === 'reading');
  await fake.world.run(1_000);
  expect(room.line.value).toEqual({ name: 'reading', leftOut: ME.channels.length - 2 });
  expect(room.door.value).toEqual({ name: 'open' });
  // The place that is looked at is among what is read, whichever it is.
  const read = () => fake.hub.streams.filter(({ open }) => open).map(({ channel }) => channel);
  for (const place of room.places) {
    room.choose(place);
    await fake.world.run(3_000);
    expect(read()).toContain(place.channels[0]);
  }
});
