/** The entrance: whom it lets in, and what it says to those whom it does not. */

import { expect, test } from 'vitest';

import { School } from '../src/state/school.ts';
import { DEMO, FakeSchool } from './fakes.ts';

async function open(change: (fake: FakeSchool) => void = () => undefined) {
  const fake = new FakeSchool();
  change(fake);
  const school = new School(fake.environment, fake.memory);
  await school.start();
  return { fake, school, name: () => school.view.value.name };
}

test('a demo shows its accounts and its clock', async () => {
  const { school } = await open();
  expect(school.view.value).toEqual({ name: 'entrance', demo: DEMO });
  expect(school.clock.view.value).toEqual({ ms: DEMO.school_time, speed: 1 });
});

test.each(['unreachable', [500, {}], [200, { accounts: [{}] }]] as const)(
  'a hub that answers %j can be asked again',
  async (answer) => {
    const { fake, school, name } = await open((fake) => (fake.answers['/v1/demo'] = answer));
    expect(name()).toBe('unreachable');
    fake.answers['/v1/demo'] = [200, DEMO];
    await school.start();
    expect(name()).toBe('entrance');
  },
);

test('an account enters, is remembered, and leaves', async () => {
  const { fake, school, name } = await open();
  await school.enter('a.one');
  expect(name()).toBe('inside');
  expect(fake.remembered).toBe('a.one');
  expect(fake.asked.find(({ url }) => url.endsWith('/login'))?.body).toBe('{"account":"a.one"}');
  await school.leave();
  expect(name()).toBe('entrance');
  expect(fake.remembered).toBeUndefined();
});

test('a remembered account enters by itself; one that is unknown is forgotten', async () => {
  const known = await open((fake) => (fake.remembered = 'a.one'));
  expect(known.name()).toBe('inside');
  const unknown = await open((fake) => {
    fake.remembered = 'a.gone';
    fake.answers['/v1/demo/login'] = [403, { code: 'unknown_account' }];
  });
  expect(unknown.school.view.value).toMatchObject({ name: 'entrance', trouble: 'refused' });
  expect(unknown.fake.remembered).toBeUndefined();
});

test('a hub that fails at the door says so, and the account stays remembered', async () => {
  const { fake, school } = await open((fake) => {
    fake.remembered = 'a.one';
    fake.answers['/v1/me'] = [503, { code: 'busy' }];
  });
  expect(school.view.value).toMatchObject({ name: 'entrance', trouble: 'unreachable' });
  expect(fake.remembered).toBe('a.one');
});

test('the clock is set for everybody, or not at all', async () => {
  const { fake, school } = await open();
  fake.answers['/v1/demo/clock'] = [200, { school_time: 5_000, speed: 60 }];
  expect(await school.setClock({ school_time: '2026-03-27T17:58', speed: 60 })).toBe(true);
  expect(school.clock.view.value).toEqual({ ms: 5_000, speed: 60 });
  expect(fake.asked.at(-1)?.body).toBe('{"school_time":"2026-03-27T17:58","speed":60}');
  await fake.world.run(61_000);
  expect(school.clock.view.value.ms).toBe(5_000 + 61_000 * 60);
  fake.answers['/v1/demo/clock'] = [400, { code: 'malformed' }];
  expect(await school.setClock({ speed: 0 })).toBe(false);
  expect(school.clock.view.value.speed).toBe(60);
});
