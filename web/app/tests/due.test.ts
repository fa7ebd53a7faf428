/** What is to be handed in, by the school's calendar. */

import { describe, expect, test } from 'vitest';

import { DueModel, dueOf, groups, type Assignment } from '../src/state/due.ts';
import { MarksModel } from '../src/state/marks.ts';
import { civil, dayAfter, knownZone, type SchoolTime } from '../src/state/school-clock.ts';
import { Store } from '../src/state/store.ts';
import { Connection, fold, type Publication } from '@preau/client';
import { FakeSchool } from './fakes.ts';

const NO_MARKS = {
  done: new Set<string>(),
  read: new Set<string>(),
  own: new Map(),
  failed: new Set<string>(),
};

function dueModel(
  fake: FakeSchool,
  connection: Connection,
  channels: readonly string[],
  time: Store<SchoolTime>,
  marks = new MarksModel(
    new Connection({ environment: fake.environment, token: () => Promise.resolve('t') }).http.marks,
  ),
): DueModel {
  return new DueModel({ connection, channels, time, zone: 'Europe/Paris', marks: marks.view });
}

let offset = 0;
function assignment(due: string, channel = 'class:a'): Assignment {
  offset += 1;
  return {
    channel,
    position: { epoch: '00000001', offset },
    kind: 'assignment',
    author: 't',
    message_id: `m${offset}`,
    audience: ['student'],
    published_at: 1,
    body: { title: due, text: '', due },
  };
}

test('civil time is the school’s, on both sides of a change of the clock', () => {
  expect(civil(Date.UTC(2026, 2, 29, 0, 59), 'Europe/Paris')).toBe('2026-03-29T01:59');
  expect(civil(Date.UTC(2026, 2, 29, 1, 0), 'Europe/Paris')).toBe('2026-03-29T03:00');
  expect(civil(Date.UTC(2026, 11, 31, 23, 0), 'Europe/Paris')).toBe('2027-01-01T00:00');
  expect(civil(Date.UTC(2026, 11, 31, 20, 0), 'Indian/Reunion')).toBe('2027-01-01T00:00');
  expect(dayAfter('2026-03-28', 1)).toBe('2026-03-29');
  expect(dayAfter('2026-03-29', 1)).toBe('2026-03-30');
  expect(dayAfter('2026-01-01', -1)).toBe('2025-12-31');
});

test('a zone that the browser does not know is the device’s', () => {
  expect(knownZone('Indian/Reunion')).toBe('Indian/Reunion');
  const device = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  expect(knownZone('Europe/Nowhere')).toBe(device);
});

describe('groups', () => {
  const now = '2026-03-27T17:58';
  const named = (dues: readonly string[]) =>
    groups(
      fold(dues.map((due) => assignment(due))).flatMap((folded) => dueOf(folded, NO_MARKS) ?? []),
      now,
    ).map(({ name, works }) => [name, works.map(({ due }) => due)]);

  test('by how soon, soonest first', () => {
    const dues = [
      '2026-05-01',
      '2026-03-28',
      '2026-03-27',
      '2026-03-27T17:59',
      '2026-04-03',
      '2026-04-04',
      '2026-03-26',
    ];
    expect(named(dues)).toEqual([
      ['late', ['2026-03-26']],
      ['today', ['2026-03-27T17:59', '2026-03-27']],
      ['tomorrow', ['2026-03-28']],
      ['week', ['2026-04-03']],
      ['later', ['2026-04-04', '2026-05-01']],
    ]);
  });

  test('a minute that has passed is late, a day that has not ended is not', () => {
    expect(named(['2026-03-27T17:57', '2026-03-27'])).toEqual([
      ['late', ['2026-03-27T17:57']],
      ['today', ['2026-03-27']],
    ]);
  });

  test('what was missed more than a week ago leaves the list', () => {
    expect(named(['2026-03-20', '2026-03-19'])).toEqual([['late', ['2026-03-20']]]);
  });
});

test('the past is read, read again after a failure, and what comes live is added once', async () => {
  const fake = new FakeSchool();
  const connection = new Connection({ environment: fake.environment, token: () => Promise.resolve('t') });
  const time = new Store<SchoolTime>({ ms: undefined, speed: 1 });
  const due = dueModel(fake, connection, ['class:a', 'class:b'], time);
  const known = assignment('2026-03-28');
  fake.hub.log('class:a').publications.push(known);
  fake.answers['/v1/channels/class%3Ab/publications'] = 'unreachable';
  due.refill();
  await fake.world.run(1);
  expect(due.view.value).toEqual({ groups: [], complete: false });
  time.set({ ms: Date.UTC(2026, 2, 27, 16, 58), speed: 1 });
  const titles = () => due.view.value.groups.map(({ name, works }) => `${name} ${works.length}`);
  expect(titles()).toEqual(['tomorrow 1']);

  delete fake.answers['/v1/channels/class%3Ab/publications'];
  due.refill();
  await fake.world.run(1);
  expect(due.view.value.complete).toBe(true);
  due.add(known);
  due.add(assignment('2026-03-30'));
  expect(titles()).toEqual(['tomorrow 1', 'week 1']);
  time.set({ ms: Date.UTC(2026, 2, 28, 23, 0), speed: 1 });
  expect(titles()).toEqual(['late 1', 'tomorrow 1']);

  due.renew('class:a');
  await fake.world.run(1);
  expect(titles()).toEqual(['late 1']);
  due.stop();
});

test('a list without end loses those that were due first', () => {
  const fake = new FakeSchool();
  const connection = new Connection({ environment: fake.environment, token: () => Promise.resolve('t') });
  const time = new Store<SchoolTime>({ ms: Date.UTC(2026, 2, 27), speed: 1 });
  const due = dueModel(fake, connection, [], time);
  due.add(assignment('2026-03-27'));
  for (let index = 0; index < 1_000; index += 1) due.add(assignment('2026-04-30'));
  expect(due.view.value.groups.map(({ name, works }) => `${name} ${works.length}`)).toEqual(['later 1000']);
});

describe('work that is an item', () => {
  function item(version: number, due: string, channel = 'class:a'): Publication {
    const plain = assignment(due, channel);
    return { ...plain, body: { ...plain.body, item: 'i', version } };
  }

  function open() {
    const fake = new FakeSchool();
    const connection = new Connection({ environment: fake.environment, token: () => Promise.resolve('t') });
    const time = new Store<SchoolTime>({ ms: Date.UTC(2026, 2, 27, 9), speed: 1 });
    const marks = new MarksModel(connection.http.marks);
    const due = dueModel(fake, connection, [], time, marks);
    const shown = () =>
      due.view.value.groups.flatMap(({ name, works }) => works.map((work) => `${name} ${work.due}`));
    return { fake, due, marks, shown };
  }

  test('is once in the list, in the version that holds, and leaves it when it is withdrawn', () => {
    const { due, shown } = open();
    due.add(item(1, '2026-03-30'));
    due.add(item(1, '2026-03-30', 'class:b'));
    due.add(item(2, '2026-03-28'));
    expect(shown()).toEqual(['tomorrow 2026-03-28']);
    expect(due.view.value.groups[0]?.works[0]).toMatchObject({ isChanged: true, isOwn: false });
    due.add({ ...assignment('2026-03-28'), kind: 'withdrawal', body: { item: 'i' } });
    expect(shown()).toEqual([]);
  });

  test('has the student’s own date, and is not late once it is done', async () => {
    const { fake, due, marks, shown } = open();
    fake.answers['PUT /v1/items/i/done'] = [200, {}];
    due.add(item(1, '2026-03-26'));
    expect(shown()).toEqual(['late 2026-03-26']);
    marks.extended('i', '2026-04-01');
    expect(shown()).toEqual(['week 2026-04-01']);
    marks.extended('i', null);
    await marks.tick('i', true);
    expect(shown()).toEqual([]);
  });
});
