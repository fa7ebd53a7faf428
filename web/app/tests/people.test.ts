/** What people are called: asked for when somebody unknown speaks, and seldom. */

import { expect, test } from 'vitest';

import { ASK_AGAIN_MS, PeopleModel, personOf } from '../src/state/people.ts';
import { Room } from '../src/state/room.ts';
import { SchoolClock } from '../src/state/school-clock.ts';
import { World } from '../../client/tests/model/world.ts';
import { FakeSchool, ME, PEOPLE } from './fakes.ts';

function open(answers: (classId: string) => Promise<typeof PEOPLE> = () => Promise.resolve(PEOPLE)) {
  const world = new World();
  const asked: string[] = [];
  const ask = (classId: string) => {
    asked.push(classId);
    return answers(classId);
  };
  const people = new PeopleModel({ clock: world, me: ME, ask });
  return { world, asked, people };
}

test('one knows one’s own name, and the others’ once somebody of them has spoken', async () => {
  const { world, asked, people } = open();
  expect([...people.names.value]).toEqual([['a.one', 'Léa Petit']]);
  people.spoke('class:a', 'a.one');
  people.spoke('bulletin:lp', 'a.moreau');
  expect(asked).toEqual([]);
  people.spoke('class:a', 't.martin');
  await world.run(1);
  expect(people.names.value.get('t.martin')).toBe('Claire Martin');
  people.spoke('class:a', 't.martin');
  people.spoke('class:b', 't.martin');
  expect(asked).toEqual(['a']);
});

test('a class is asked about once a minute at most, whoever speaks and however often', async () => {
  const { world, asked, people } = open();
  for (let round = 0; round < 50; round += 1) people.spoke('class:a', `gone-${round}`);
  await world.run(1);
  expect(asked).toEqual(['a']);
  for (let round = 0; round < 50; round += 1) people.spoke('class:a', 'gone');
  people.spoke('class:b', 'gone');
  expect(asked).toEqual(['a', 'b']);
  await world.run(ASK_AGAIN_MS);
  expect(asked).toEqual(['a', 'b', 'a']);
  await world.run(10 * ASK_AGAIN_MS);
  expect(asked).toEqual(['a', 'b', 'a']);
});

test('who waits for the next question is not forgotten because another was named before it', async () => {
  const { world, asked, people } = open();
  for (const author of ['t.martin', 't.martin', 'p.new']) people.spoke('class:a', author);
  await world.run(ASK_AGAIN_MS);
  expect(asked).toEqual(['a', 'a']);
});

test('a question that waits is not asked when its answer is there, or the room is closed', async () => {
  let people = PEOPLE;
  const { world, asked, people: model } = open(() => Promise.resolve(people));
  model.spoke('class:a', 'p.new');
  await world.run(1);
  model.spoke('class:a', 'p.new');
  people = {
    ...PEOPLE,
    people: [{ account: 'p.new', role: 'student', given_name: 'Nour', family_name: '' }],
  };
  model.spoke('class:b', 'p.new');
  await world.run(1);
  expect(model.names.value.get('p.new')).toBe('Nour');
  await world.run(2 * ASK_AGAIN_MS);
  expect(asked).toEqual(['a', 'b']);
  model.spoke('class:b', 'p.other');
  await world.run(1);
  model.spoke('class:b', 'p.other');
  model.stop();
  await world.run(2 * ASK_AGAIN_MS);
  expect(asked).toEqual(['a', 'b', 'b']);
});

test('a question that fails leaves identifiers, and is asked again when somebody speaks', async () => {
  let answer = () => Promise.reject<typeof PEOPLE>(new Error('refused'));
  const { world, asked, people } = open(() => answer());
  people.spoke('class:a', 't.martin');
  await world.run(1);
  expect(people.names.value.has('t.martin')).toBe(false);
  answer = () => Promise.resolve(PEOPLE);
  people.spoke('class:a', 't.martin');
  await world.run(ASK_AGAIN_MS);
  expect(people.names.value.get('t.martin')).toBe('Claire Martin');
  expect(asked).toEqual(['a', 'a']);
});

test('a room asks about the class in which it hears somebody', async () => {
  const fake = new FakeSchool();
  const token = () => Promise.resolve('token');
  const room = await Room.open(fake.environment, token, new SchoolClock(fake.world));
  await fake.world.until('live', () => room.line.value.name === 'live');
  fake.hub.publish('class:a', 'hello');
  await fake.world.run(500);
  expect(room.people.names.value.get('t.martin')).toBe('Claire Martin');
  expect(fake.asked.filter(({ url }) => url.endsWith('/people'))).toHaveLength(1);
  room.close();
});

test('who has no name is named by the school or the region that they write for, or by identifier', () => {
  const names = new Map([['t.martin', 'Claire Martin']]);
  const person = (account: string, channel: string) => personOf(account, channel, ME, names, 'Région');
  expect(person('t.martin', 'class:a')).toMatchObject({ name: 'Claire Martin', initials: 'CM' });
  expect(person('p.x-7', 'class:a')).toMatchObject({ name: 'p.x-7', initials: 'PX' });
  for (const channel of ['school:lp', 'level:lp/2nde', 'bulletin:lp']) {
    expect(person('a.moreau', channel).name).toBe('Lycée du Préau');
  }
  for (const channel of ['region', 'bulletin:region']) {
    expect(person('e.bernard', channel).name).toBe('Région');
  }
  for (const channel of ['bulletin:elsewhere', 'account:a.one']) {
    expect(person('a.moreau', channel).name).toBe('a.moreau');
  }
});
