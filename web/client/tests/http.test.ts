/** The HTTP surface: what is asked, and what is made of each answer. */

import { expect, test } from 'vitest';

import type { HttpRequest } from '../src/environment.ts';
import { HubHttp } from '../src/http.ts';
import { HubProblem, HubUnreachable, remedy } from '../src/problem.ts';
import { Tokens } from '../src/token.ts';
import { World } from './model/world.ts';

const ME = {
  account: 'p.lea',
  role: 'student',
  given_name: 'Léa',
  family_name: 'Petit',
  zone: 'Europe/Paris',
  schools: [{ id: 'lp', name: 'Lycée du Préau' }],
  classes: [
    { channel: 'class:lp-2a', title: '2nde A', kind: 'homeroom', role: 'student' },
    { channel: 'class:lp-2a-m', title: 'Maths', kind: 'scheduled', subject: 'Maths', role: 'student' },
  ],
  channels: ['class:lp-2a', 'bulletin:region'],
};

function hub(...answers: (readonly [number, unknown] | Error)[]) {
  const world = new World();
  const asked: HttpRequest[] = [];
  let tokens = 0;
  const environment = {
    clock: world,
    chance: world,
    hub: 'https://hub',
    request: (request: HttpRequest) => {
      asked.push(request);
      const answer = answers.shift();
      if (answer === undefined || answer instanceof Error) return Promise.reject(answer ?? new Error('none'));
      const [status, body] = answer;
      return Promise.resolve({ status, text: typeof body === 'string' ? body : JSON.stringify(body) });
    },
    open: () => ({ send: () => undefined, close: () => undefined }),
    positions: { read: () => undefined, write: () => undefined, forget: () => undefined },
  };
  const http = new HubHttp(environment, new Tokens(() => Promise.resolve(`t${(tokens += 1)}`)));
  return { http, asked };
}

test('who I am', async () => {
  const { http, asked } = hub([200, { ...ME, later: true }]);
  expect(await http.me()).toMatchObject(ME);
  expect(asked[0]).toEqual({
    method: 'GET',
    url: 'https://hub/v1/me',
    headers: { accept: 'application/json', authorization: 'Bearer t1' },
  });
});

test.each([
  { ...ME, role: 'pirate' },
  { ...ME, zone: undefined },
  { ...ME, classes: [{}] },
  { ...ME, schools: [{ id: 'a b', name: 'x' }] },
  { ...ME, channels: ['room:1'] },
  { ...ME, given_name: 7 },
  null,
  'not JSON',
])('an account of another shape is no answer', async (body) => {
  const { http } = hub([200, body]);
  await expect(http.me()).rejects.toBeInstanceOf(HubUnreachable);
});

test('the past of a channel, asked for precisely', async () => {
  const position = { epoch: '00000001', offset: 4 };
  const publication = {
    channel: 'level:lp/2nde',
    position,
    kind: 'post',
    author: 'a',
    message_id: 'm',
    audience: ['student'],
    published_at: 1,
    body: { text: 'x' },
  };
  const page = {
    publications: [publication],
    more: false,
    last: position,
    through: position,
    trimmed: { ...position, offset: 0 },
  };
  const { http, asked } = hub([200, page], [200, page], [200, { ...page, publications: [{}] }]);
  expect(await http.history('level:lp/2nde', { kind: 'assignment', limit: 200, before: 9 })).toEqual(page);
  await http.history('region');
  await expect(http.history('region')).rejects.toBeInstanceOf(HubUnreachable);
  expect(asked.map(({ url }) => url.replace('https://hub/v1/channels/', ''))).toEqual([
    'level%3Alp%2F2nde/publications?kind=assignment&limit=200&before=9',
    'region/publications',
    'region/publications',
  ]);
});

test('the people of a class', async () => {
  const person = { account: 'p.lea', role: 'student', given_name: 'Léa', family_name: 'Petit' };
  const answer = { class: 'lp-2a', title: '2nde A', people: [person, { ...person, role: 'teacher' }] };
  const { http, asked } = hub(
    [200, answer],
    [200, { ...answer, people: [{ ...person, role: 'guardian' }] }],
    [200, { ...answer, people: [{ ...person, given_name: 7 }] }],
    [200, { ...answer, class: 'a b' }],
    [403, { code: 'not_allowed' }],
  );
  expect(await http.people('lp-2a{x}')).toEqual(answer);
  for (let malformed = 0; malformed < 3; malformed += 1) {
    await expect(http.people('lp-2a')).rejects.toBeInstanceOf(HubUnreachable);
  }
  await expect(http.people('lp-2b')).rejects.toMatchObject({ status: 403, code: 'not_allowed' });
  expect(asked[0]?.url).toBe('https://hub/v1/classes/lp-2a%7Bx%7D/people');
});

test('a problem keeps its code, a page of a proxy its status', async () => {
  const { http } = hub(
    [403, { type: 'urn:preau:problem:not_allowed', title: 'no', status: 403, code: 'not_allowed' }],
    [502, '<html>'],
    new Error('refused'),
  );
  const failure = async () => http.me().catch((error: unknown) => error);
  const first = await failure();
  expect(first).toBeInstanceOf(HubProblem);
  expect(first).toMatchObject({ status: 403, code: 'not_allowed', message: 'no', retryAfterMs: undefined });
  expect(await failure()).toMatchObject({ status: 502, code: '' });
  expect(await failure()).toBeInstanceOf(HubUnreachable);
});

test('a refused token is replaced once, whatever was asked', async () => {
  const expired = [401, { code: 'token_expired' }] as const;
  const { http, asked } = hub(expired, [200, ME], expired, expired);
  await http.me();
  await expect(http.me()).rejects.toMatchObject({ code: 'token_expired' });
  expect(asked.map(({ headers }) => headers['authorization'])).toEqual([
    'Bearer t1',
    'Bearer t2',
    'Bearer t2',
    'Bearer t3',
  ]);
});

test('those who ask for a token together get the same one', async () => {
  let asked = 0;
  const tokens = new Tokens(() => Promise.resolve(`t${(asked += 1)}`));
  expect(await Promise.all([tokens.current(), tokens.current(), tokens.renew('refused')])).toEqual([
    't1',
    't1',
    't1',
  ]);
  expect(await tokens.renew('expiring')).toBe('t2');
  expect(await tokens.current()).toBe('t2');
});

test('what can be done about a refusal', () => {
  expect(remedy('token_invalid', 401)).toBe('new_token');
  expect(remedy('busy')).toBe('later');
  expect(remedy('', 503)).toBe('later');
  expect(remedy('', 429)).toBe('later');
  expect(remedy('not_allowed', 403)).toBe('none');
  expect(remedy('a_later_code')).toBe('none');
});

test('an empty page that has more behind it is followed', async () => {
  const at = (offset: number) => ({ epoch: '00000001', offset });
  const empty = (through: number) => ({
    publications: [],
    more: true,
    through: at(through),
    last: at(90),
    trimmed: at(0),
  });
  const end = { ...empty(0), more: false };
  const { http, asked } = hub([200, empty(60)], [200, empty(30)], [200, end]);
  expect(await http.history('region', { kind: 'assignment' })).toEqual(end);
  expect(asked.map(({ url }) => /before=(\d+)/.exec(url)?.[1])).toEqual([undefined, '60', '30']);
});
