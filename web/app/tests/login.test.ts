/** Logging in with the workspace: who comes in, who is told what, and how it ends. */

import { expect, test } from 'vitest';

import type { Visit } from '../src/state/login-calls.ts';
import { enterBy, LOGIN_TROUBLES } from '../src/state/login.ts';
import { School } from '../src/state/school.ts';
import { FakeSchool } from './fakes.ts';

const TOKEN = [200, { token: 'short', account: 'a.one', expires_at: 1 }] as const;

/** A browser at a page, which goes nowhere by itself. */
class FakeVisit implements Visit {
  word: string | undefined;
  readonly went: string[] = [];
  here = () => '/class?x=1';
  takeWord = () => {
    const { word } = this;
    this.word = undefined;
    return word;
  };
  go = (address: string) => void this.went.push(address);
}

async function open(change: (fake: FakeSchool, visit: FakeVisit) => void = () => undefined) {
  const [fake, visit] = [new FakeSchool(), new FakeVisit()];
  fake.answers['/v1/demo'] = [404, { code: 'not_found' }];
  fake.answers['/v1/login/how'] = [200, { kind: 'oidc' }];
  fake.answers['/v1/login/token'] = TOKEN;
  fake.answers['/v1/logout'] = [200, { ended: 1, leave: 'https://login.test/end' }];
  change(fake, visit);
  const school = new School(fake.environment, fake.memory, undefined, () =>
    Promise.resolve({ enter: (school, environment) => enterBy(school, environment, visit) }),
  );
  await school.start();
  const end = (everywhere: boolean) => {
    const { value } = school.view;
    return value.name === 'inside' ? value.login?.end(everywhere) : undefined;
  };
  return { fake, visit, school, end, view: () => school.view.value };
}

test('a browser that is logged in enters at once, by a header that no form can send', async () => {
  const { fake, view } = await open();
  expect(view().name).toBe('inside');
  const asked = fake.asked.find(({ url }) => url.endsWith('/v1/login/token'));
  expect(asked).toMatchObject({ method: 'POST', headers: { 'preau-page': '1' } });
  expect(fake.remembered).toBeUndefined();
});

test('a browser that is not is offered the workspace, and comes back to where it was', async () => {
  const { visit, view } = await open((fake) => {
    fake.answers['/v1/login/token'] = [401, { code: 'token_missing' }];
  });
  const shown = view();
  expect(shown).toMatchObject({ name: 'login', trouble: undefined });
  if (shown.name === 'login') shown.login.begin();
  expect(visit.went).toEqual(['/v1/login?return_to=%2Fclass%3Fx%3D1']);
});

test.each(LOGIN_TROUBLES)('the word %s in the address is told once', async (word) => {
  const { school, view } = await open((_, visit) => (visit.word = word));
  expect(view()).toMatchObject({ name: 'login', trouble: word });
  await school.start();
  expect(view().name).toBe('inside');
});

test('an account that the roster does not hold is told so', async () => {
  const { view } = await open((fake) => {
    fake.answers['/v1/login/token'] = [403, { code: 'unknown_account' }];
  });
  expect(view()).toMatchObject({ name: 'login', trouble: 'unknown' });
});

test.each(['unreachable', [503, { code: 'busy' }], [200, { token: 7 }]] as const)(
  'a hub that answers %j can be asked again',
  async (answer) => {
    const { fake, school, view } = await open((fake) => {
      fake.answers['/v1/login/token'] = answer;
    });
    expect(view().name).toBe('unreachable');
    fake.answers['/v1/login/token'] = TOKEN;
    await school.start();
    expect(view().name).toBe('inside');
  },
);

test.each([false, true])('logging out (everywhere: %s) leads to the provider', async (everywhere) => {
  const { fake, visit, end, view } = await open();
  fake.answers['/v1/login/token'] = [401, { code: 'token_missing' }];
  expect(await end(everywhere)).toBe(true);
  const asked = fake.asked.find(({ url }) => url.endsWith('/v1/logout'));
  expect(asked).toMatchObject({ method: 'POST', headers: { 'preau-page': '1' } });
  expect(JSON.parse(asked?.body ?? '')).toEqual({ everywhere });
  expect(view()).toMatchObject({ name: 'login', trouble: undefined });
  expect(visit.went).toEqual(['https://login.test/end']);
});

test('a log-out that fails leaves everything as it is', async () => {
  const { fake, end, view } = await open();
  fake.answers['/v1/logout'] = 'unreachable';
  expect(await end(true)).toBe(false);
  expect(view().name).toBe('inside');
});

test('a log-in that ends elsewhere leads out, and says so', async () => {
  const { fake, view } = await open();
  const shown = view();
  await fake.world.until('live', () => shown.name === 'inside' && shown.room.line.value.name === 'live');
  fake.answers['/v1/login/token'] = [401, { code: 'token_expired' }];
  fake.hub.cut(4001, '{"code":"token_expired"}');
  await fake.world.run(5_000);
  expect(view()).toMatchObject({ name: 'login', trouble: 'ended' });
});

test('a hub that logs nobody in says so', async () => {
  const { view } = await open((fake) => (fake.answers['/v1/login/how'] = [200, { kind: 'none' }]));
  expect(view().name).toBe('no_login');
});
