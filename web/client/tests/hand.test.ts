/** One's raised hand, against the teacher's word, lost lines and a hub that has forgotten. */

import { expect, test } from 'vitest';

import { INTERRUPTED } from '../src/deeds.ts';
import { attend, CLASS } from './model/attendance.ts';

test('a hand is up at once, and has its place once the hub has told', async () => {
  const { world, hub, lesson } = await attend();
  hub.lessons.start(CLASS);
  await world.run(100);
  void lesson.act({ do: 'raise' });
  expect(lesson.seen.own).toMatchObject({ isRaised: true, place: undefined });
  await world.until('placed', () => lesson.seen.own.place === 1);
  void lesson.act({ do: 'lower' });
  expect(lesson.seen.own).toMatchObject({ isRaised: false, place: undefined });
  await world.run(500);
  expect(hub.lessons.hands(CLASS)).toEqual([]);
  expect(lesson.seen.own.isRaised).toBe(false);
});

test('the teacher’s word stands against one’s wish', async () => {
  const { world, hub, lesson, again } = await attend();
  hub.lessons.start(CLASS);
  await world.run(100);
  void lesson.act({ do: 'raise' });
  await world.until('placed', () => lesson.seen.own.place === 1);
  hub.lessons.lower(CLASS);
  await world.until('lowered', () => !lesson.seen.own.isRaised);
  hub.lessons.restart();
  await again();
  expect(hub.lessons.hands(CLASS)).toEqual([]);
});

test('a hand that the teacher lowered while the line was cut stays down', async () => {
  const { world, hub, lesson, again, deeds } = await attend();
  hub.lessons.start(CLASS);
  await world.run(100);
  void lesson.act({ do: 'raise' });
  await world.until('placed', () => lesson.seen.own.place === 1);
  const before = deeds().length;
  hub.cut();
  hub.lessons.lower(CLASS);
  await again();
  expect(hub.lessons.hands(CLASS)).toEqual([]);
  expect(lesson.seen.own.isRaised).toBe(false);
  expect(deeds()).toHaveLength(before);
  // A hub that has forgotten it since is not told it either.
  hub.lessons.restart();
  await again();
  expect(hub.lessons.hands(CLASS)).toEqual([]);
});

test('a hand whose raising had no answer stays down if it was lowered meanwhile', async () => {
  const { world, hub, lesson, again, deeds } = await attend();
  hub.lessons.start(CLASS);
  await world.run(100);
  const code = lesson.act({ do: 'raise' }).catch((error: { code: string }) => error.code);
  await world.run(25);
  expect(hub.lessons.hands(CLASS)).toEqual(['a.one']);
  hub.cut();
  hub.lessons.lower(CLASS);
  await again();
  expect(await code).toBe(INTERRUPTED);
  expect(deeds().filter((deed) => deed.do === 'raise')).toHaveLength(2);
  expect(hub.lessons.hands(CLASS)).toEqual([]);
  expect(lesson.seen.own.isRaised).toBe(false);
  // Raised anew it is up.
  void lesson.act({ do: 'raise' });
  await world.until('up', () => lesson.seen.own.place === 1);
});

test('a hand raised without a line goes up when there is one', async () => {
  const { world, hub, lesson, again } = await attend();
  hub.lessons.start(CLASS);
  await world.run(100);
  hub.cut();
  await world.run(1);
  const code = lesson.act({ do: 'raise' }).catch((error: { code: string }) => error.code);
  expect(lesson.seen.own.isRaised).toBe(true);
  expect(await code).toBe(INTERRUPTED);
  await again().catch(() => undefined);
  await world.until('up', () => hub.lessons.hands(CLASS).length === 1);
});
