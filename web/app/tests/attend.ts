/** Somebody who attends a class, with the class's lesson as the page shows it. */

import type { ClientMessage, Lesson, Me } from '@preau/client';
import { Room } from '../src/state/room.ts';
import { SchoolClock } from '../src/state/school-clock.ts';
import { FakeSchool, ME } from './fakes.ts';

export const CLASS = 'class:a';
export const TEACHER: Partial<Me> = { role: 'teacher', account: 'a.one' };
const PEOPLE = {
  class: 'a',
  title: '2nde A',
  people: [
    { account: 'a.one', role: 'teacher', given_name: 'Claire', family_name: 'Martin' },
    { account: 's.zoe', role: 'student', given_name: 'Zoé', family_name: 'Abadie' },
    { account: 's.ali', role: 'student', given_name: 'Ali', family_name: 'Benali' },
    { account: 's.lea', role: 'student', given_name: 'Léa', family_name: 'Petit' },
  ],
};

export const lessonOf = (room: Room) => room.lesson(room.places.find(({ id }) => id === CLASS)!)!;

export async function attend(me: Partial<Me> = {}) {
  const fake = new FakeSchool();
  fake.answers['/v1/me'] = [200, { ...ME, ...me }];
  fake.hub.lessons.isTeacher = me.role === 'teacher';
  if (me.role === 'teacher') fake.answers['/v1/classes/a/people'] = [200, PEOPLE];
  const room = await Room.open(fake.environment, () => Promise.resolve('token'), new SchoolClock(fake.world));
  await fake.world.until('live', () => room.line.value.name === 'live');
  const lesson = lessonOf(room);
  await fake.world.until('told', () => lesson.view.value.stage !== 'unknown');
  const view = () => lesson.view.value;
  const run = (ms = 300) => fake.world.run(ms);
  const start = async (part: Partial<Lesson> = {}) => {
    fake.hub.lessons.start(CLASS, part);
    await run();
  };
  const deeds = () =>
    fake.hub.heard.flatMap(({ message }) => (message.type === 'lesson' ? [message.do] : []));
  const refuse = (code: string) => {
    fake.hub.intercept = (message: ClientMessage) =>
      message.type === 'lesson'
        ? ({ type: 'error', id: message.id, code, message: code } as never)
        : undefined;
  };
  return { fake, hub: fake.hub, room, lesson, view, run, start, deeds, refuse };
}
