/** The desk: nothing is sent before one knows for how many, and what was sent can be followed. */

import { describe, expect, test } from 'vitest';

import type { Me } from '@preau/client';
import { deskOf } from '../src/state/desk.ts';
import type { ItemFormModel } from '../src/state/item-form.ts';
import { Room } from '../src/state/room.ts';
import { momentOf, SchoolClock } from '../src/state/school-clock.ts';
import { DEMO, FakeSchool, ME } from './fakes.ts';

const ITEM = {
  id: 'i-1',
  kind: 'announcement',
  author: 't.martin',
  version: 2,
  withdrawn: false,
  places: ['class:a'],
  audience: ['teacher', 'student'],
  urgent: false,
  created_at: 1,
  changed_at: 2,
  body: { title: 'Sortie', text: 'Jeudi', item: 'i-1', version: 2, receipt: 'student', names: true },
};
const REACH = { recipients: 70, by_role: { student: 35, guardian: 35 } };

async function open(role: Me['role'], channels: readonly string[]) {
  const fake = new FakeSchool();
  fake.answers['/v1/me'] = [200, { ...ME, role, channels }];
  fake.answers['/v1/reach'] = [200, REACH];
  fake.answers['GET /v1/items'] = [200, { items: [ITEM], next: null }];
  const by_role = [{ role: 'student', read: 1, reached: 35 }];
  fake.answers['/v1/items/i-1/receipts'] = [200, { receipt: 'student', by_role, more: false }];
  fake.answers['POST /v1/announcements'] = [201, ITEM];
  fake.answers['PUT /v1/announcements/i-1'] = [200, { ...ITEM, version: 3 }];
  fake.answers['POST /v1/assignments'] = [202, { ...ITEM, copies: [{ channel: 'class:a', deliver_at: 9 }] }];
  fake.answers['DELETE /v1/announcements/i-1'] = [200, { ...ITEM, withdrawn: true }];
  const clock = new SchoolClock(fake.world);
  clock.told(DEMO.school_time);
  const room = await Room.open(fake.environment, () => Promise.resolve('token'), clock);
  const form = () => {
    const { opened } = deskOf(room).view.value;
    if (opened.name !== 'form') throw new Error('no form');
    return opened.form;
  };
  const asked = (path: string) =>
    fake.asked
      .filter(({ url, method }) => `${method} ${url}` === path)
      .map(({ body }) => JSON.parse(body ?? 'null') as Record<string, unknown>);
  return { fake, room, desk: deskOf(room), form, asked };
}

const LATE_AT = momentOf('2026-03-30T07:00', 'Europe/Paris');

const teacher = () => open('teacher', ['class:a', 'class:b', 'account:a.one']);

describe('a form', () => {
  const fill = (form: ItemFormModel) => form.change({ places: ['class:a'], title: 'Sortie', text: 'Jeudi' });

  test('asks once it rests, for exactly what stands in it, and sends only then', async () => {
    const { fake, desk, form, asked } = await teacher();
    desk.write('announcement');
    form().toggle('places', 'class:b');
    form().toggle('places', 'class:a');
    form().change({ receipt: 'student', title: 'Sortie', text: 'Jeudi' });
    await form().submit();
    expect(asked('POST hub:/v1/announcements')).toEqual([]);
    await fake.world.run(1_000);
    expect(asked('POST hub:/v1/reach')).toEqual([
      {
        places: ['class:a', 'class:b'],
        audience: ['student', 'guardian'],
        kind: 'announcement',
        receipt: 'student',
      },
    ]);
    expect(form().view.value.reach).toEqual(REACH);
    await form().submit();
    expect(asked('POST hub:/v1/announcements')).toMatchObject([
      { places: ['class:a', 'class:b'], body: { title: 'Sortie', text: 'Jeudi', receipt: 'student' } },
    ]);
    expect(desk.view.value).toMatchObject({ opened: { name: 'list' }, done: 'sent' });
  });

  test('says what is missing, and keeps what was written', async () => {
    const { desk, form } = await teacher();
    desk.write('assignment');
    const rules = async (part: Parameters<ItemFormModel['change']>[0]) => {
      form().change(part);
      await form().submit();
      const { problem } = form().view.value;
      return problem && ('of' in problem ? `${problem.field} ${problem.rule}` : problem.rule);
    };
    expect(await rules({})).toBe('places');
    expect(await rules({ places: ['class:a'], audience: [] })).toBe('audience');
    expect(await rules({ audience: ['student'] })).toBe('title empty');
    expect(await rules({ title: 'Exercices' })).toBe('due due');
    expect(await rules({ due: '2026-03-30', publishAt: '2026-03-27T08:00' })).toBe('past');
    expect(await rules({ publishAt: '' })).toBeUndefined();
    desk.write('announcement');
    fill(form());
    expect(await rules({ language: 'en', otherTitle: 'Trip' })).toBe('other');
    expect(await rules({ language: '', expiresAt: '2026-03-27T08:00' })).toBe('expired');
    expect(form().view.value.draft).toMatchObject({ title: 'Sortie', otherTitle: 'Trip' });
  });

  test('takes the hour that is offered for late work', async () => {
    const { fake, desk, form, asked } = await teacher();
    // Monday at 7 in Paris, the day after the clocks went forward.
    const monday = Date.UTC(2026, 2, 30, 5);
    fake.answers['/v1/publishing-advice'] = [200, { at: 1, late: { why: 'hour', publish_at: monday } }];
    desk.write('assignment');
    form().change({ places: ['class:a'], title: 'Exercices', due: '2026-04-02' });
    await fake.world.run(1_000);
    form().publishLater();
    expect(form().view.value.draft.publishAt).toBe('2026-03-30T07:00');
    await form().submit();
    expect(asked('POST hub:/v1/assignments')).toMatchObject([
      { publish_at: monday, body: { due: '2026-04-02' } },
    ]);
    expect(desk.view.value.done).toBe('scheduled');
  });

  test('that failed is sent again under the same name', async () => {
    const { fake, desk, form, asked } = await teacher();
    fake.answers['POST /v1/announcements'] = [503, { code: 'busy' }];
    desk.write('announcement');
    fill(form());
    await fake.world.run(1_000);
    await form().submit();
    expect(form().view.value).toMatchObject({ sending: 'failed', code: 'busy' });
    fake.answers['POST /v1/announcements'] = [200, ITEM];
    await form().submit();
    const [first, second, ...others] = asked('POST hub:/v1/announcements').map(({ id }) => id);
    expect(others).toEqual([]);
    expect(first).toBe(second);
    expect(desk.view.value.opened.name).toBe('list');
  });

  test('is for the whole region where somebody may, who knows for how many before it is sent', async () => {
    const { fake, desk, form, asked } = await open('operator', [
      'account:a.one',
      'bulletin:region',
      'region',
    ]);
    const reach = { recipients: 451_500, by_role: { student: 356_000, guardian: 62_100, teacher: 33_400 } };
    fake.answers['/v1/reach'] = [200, reach];
    desk.write('announcement');
    expect(form().places.map(({ id }) => id)).toEqual(['region', 'bulletin:region']);
    expect(form().roles).toEqual(['teacher', 'student', 'guardian', 'staff']);
    form().change({ places: ['region'], title: 'Vacances', text: 'Une semaine de plus.' });
    await form().submit();
    expect(asked('POST hub:/v1/announcements')).toEqual([]);
    await fake.world.run(1_000);
    expect(form().view.value.reach).toEqual(reach);
    await form().submit();
    expect(asked('POST hub:/v1/announcements')).toMatchObject([{ places: ['region'] }]);
    for (const role of ['staff', 'teacher'] as const) {
      const other = await open(role, ['class:a', 'school:lp', 'bulletin:region', 'region']);
      other.desk.write('announcement');
      expect(other.form().places.map(({ id }) => id)).not.toContain('region');
    }
  });

  test('offers urgency to those who may, and only for announcements', async () => {
    const pupils = await teacher();
    pupils.desk.write('announcement');
    expect(pupils.form().mayBeUrgent).toBe(false);
    const { desk, form, asked, fake } = await open('staff', ['school:lp', 'bulletin:lp']);
    desk.write('announcement');
    expect(form().mayBeUrgent).toBe(true);
    form().change({ places: ['bulletin:lp'], title: 'Gaz', text: 'Restez chez vous', urgent: true });
    await fake.world.run(1_000);
    await form().submit();
    expect(form().view.value.problem).toEqual({ rule: 'reason' });
    form().change({ reason: 'Préfecture' });
    await form().submit();
    expect(asked('POST hub:/v1/announcements')).toMatchObject([{ urgent: { reason: 'Préfecture' } }]);
  });
});

test('what was sent is listed with how many have read it, edited from its version, and withdrawn', async () => {
  const { desk, form, fake, asked } = await teacher();
  await desk.load();
  const [item] = desk.view.value.items;
  expect(desk.view.value.progress.get('i-1')).toMatchObject({ count: 1, of: 35 });
  desk.edit(item!);
  expect(form().view.value.draft).toMatchObject({ title: 'Sortie', places: ['class:a'], receipt: 'student' });
  form().change({ title: 'Sortie au musée' });
  await fake.world.run(1_000);
  await form().submit();
  expect(asked('PUT hub:/v1/announcements/i-1')).toMatchObject([
    { version: 2, body: { title: 'Sortie au musée', receipt: 'student', names: true } },
  ]);
  expect(desk.view.value.done).toBe('edited');
  await desk.withdraw(item!);
  expect(asked('DELETE hub:/v1/announcements/i-1')).toHaveLength(1);
  expect(desk.view.value.done).toBe('withdrawn');
  fake.answers['DELETE /v1/announcements/i-1'] = [503, { code: 'busy' }];
  await desk.withdraw(item!);
  expect(desk.view.value.failed).toBe('withdraw');
});

test('what came out of school time is said after sending too, and can be taken back for the hour at which it is not', async () => {
  const { fake, desk, form, asked } = await teacher();
  fake.answers['POST /v1/announcements'] = [201, { ...ITEM, late: { why: 'weekend', publish_at: LATE_AT } }];
  const send = async () => {
    form().change({ places: ['class:a'], title: 'Sortie', text: 'Jeudi' });
    await fake.world.run(1_000);
    await form().submit();
  };
  desk.write('announcement');
  await send();
  expect(desk.view.value).toMatchObject({ done: 'sent', late: { publishAt: LATE_AT } });
  fake.answers['DELETE /v1/announcements/i-1'] = [503, { code: 'busy' }];
  await desk.postpone();
  expect(desk.view.value).toMatchObject({ failed: 'withdraw', opened: { name: 'list' } });
  fake.answers['DELETE /v1/announcements/i-1'] = [200, { ...ITEM, withdrawn: true }];
  await desk.postpone();
  expect(form().item).toBeUndefined();
  expect(form().view.value.draft).toMatchObject({
    title: 'Sortie',
    places: ['class:a'],
    receipt: 'student',
    publishAt: '2026-03-30T07:00',
  });
  expect(desk.view.value.late).toBeUndefined();
  await fake.world.run(1_000);
  fake.answers['POST /v1/announcements'] = [201, ITEM];
  await form().submit();
  expect(asked('POST hub:/v1/announcements').at(-1)).toMatchObject({ publish_at: LATE_AT });
  expect(asked('POST hub:/v1/announcements').map(({ id }) => id)).toHaveLength(2);
  expect(desk.view.value).toMatchObject({ done: 'sent', late: undefined });
});

test('readers beyond the first page are read when asked for, once', async () => {
  const { desk, fake } = await teacher();
  const reader = (account: string) => ({ account, role: 'student', given_name: '', family_name: '', at: 1 });
  const page = (names: readonly string[], more: boolean) =>
    [
      200,
      {
        receipt: 'account',
        by_role: [{ role: 'student', read: 3, reached: 35 }],
        names: names.map(reader),
        more,
      },
    ] as const;
  const shown = () => desk.view.value.progress.get('i-1');
  fake.answers['/v1/items/i-1/receipts'] = page(['e.ana', 'e.bo'], true);
  await desk.load();
  const [item] = desk.view.value.items;
  expect(shown()?.more).toBe(true);
  fake.answers['/v1/items/i-1/receipts'] = [503, { code: 'busy' }];
  await desk.moreReaders(item!);
  expect(desk.view.value.failed).toBe('readers');
  fake.answers['/v1/items/i-1/receipts'] = page(['e.lea'], false);
  await Promise.all([desk.moreReaders(item!), desk.moreReaders(item!)]);
  expect(fake.asked.at(-1)?.url).toMatch(/receipts\?after=e\.bo$/);
  expect(shown()?.readers?.map(({ account }) => account)).toEqual(['e.ana', 'e.bo', 'e.lea']);
  expect(shown()?.more).toBe(false);
  expect(desk.view.value.failed).toBeUndefined();
});

test('whoever comes to the desk from a class writes for that class, and otherwise chooses', async () => {
  const { room, desk, form } = await teacher();
  const other = room.places.find(({ id }) => id === 'class:b');
  room.toDesk(other!);
  expect(room.place.value.kind).toBe('desk');
  desk.write('announcement');
  expect(form().view.value.draft.places).toEqual(['class:b']);
  const place = room.place.value;
  room.choose(other!);
  room.choose(place);
  desk.write('assignment');
  expect(form().view.value.draft.places).toEqual([]);
});

test('choosing the open desk again goes back to its list, and nothing else does', async () => {
  const { room, desk } = await teacher();
  const [first] = room.places;
  const place = room.places.find(({ kind }) => kind === 'desk');
  room.choose(place!);
  desk.write('announcement');
  room.choose(first!);
  room.choose(first!);
  room.choose(place!);
  expect(desk.view.value.opened.name).toBe('form');
  room.choose(place!);
  expect(desk.view.value.opened.name).toBe('list');
});

test('a list that can’t be read says so', async () => {
  const { desk, fake } = await teacher();
  fake.answers['GET /v1/items'] = 'unreachable';
  await desk.load();
  expect(desk.view.value.state).toBe('failed');
});

test('civil minutes are moments of the school’s zone, on both Sundays that have another length', () => {
  const paris = (minute: string) => new Date(momentOf(minute, 'Europe/Paris')).toISOString().slice(0, 16);
  expect(paris('2026-03-27T07:00')).toBe('2026-03-27T06:00');
  expect(paris('2026-03-29T01:59')).toBe('2026-03-29T00:59');
  expect(paris('2026-03-29T02:30')).toBe('2026-03-29T01:30');
  expect(paris('2026-03-29T03:00')).toBe('2026-03-29T01:00');
  expect(paris('2026-10-25T02:30')).toBe('2026-10-25T00:30');
  expect(paris('2026-10-25T03:00')).toBe('2026-10-25T02:00');
  expect(new Date(momentOf('2026-06-01T00:00', 'Indian/Reunion')).toISOString()).toBe(
    '2026-05-31T20:00:00.000Z',
  );
});
