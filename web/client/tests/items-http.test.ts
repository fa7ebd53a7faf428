/** Items and marks over HTTP: what is asked, word for word, and what is made of each answer. */

import { describe, expect, test } from 'vitest';

import type { HttpRequest } from '../src/environment.ts';
import { HubHttp } from '../src/http.ts';
import { HubUnreachable } from '../src/problem.ts';
import { Tokens } from '../src/token.ts';
import { World } from './model/world.ts';

function hub(...answers: (readonly [number, unknown])[]) {
  const world = new World();
  const asked: HttpRequest[] = [];
  const environment = {
    clock: world,
    chance: world,
    hub: 'https://hub',
    request: (request: HttpRequest) => {
      asked.push(request);
      const [status, body] = answers.shift() ?? [500, {}];
      return Promise.resolve({ status, text: body === '' ? '' : JSON.stringify(body) });
    },
    open: () => ({ send: () => undefined, close: () => undefined }),
    positions: { read: () => undefined, write: () => undefined, forget: () => undefined },
  };
  const { items, marks } = new HubHttp(environment, new Tokens(() => Promise.resolve('t')));
  /** Method, path and body of what was asked. */
  const said = () =>
    asked.map(({ method, url, body }) => [
      `${method} ${url.replace('https://hub', '')}`,
      body === undefined ? undefined : (JSON.parse(body) as unknown),
    ]);
  return { items, marks, said };
}

const where = { places: ['class:a', 'level:lp/2nde'], audience: ['student', 'guardian'] as const };
const SENT = { item: 'i-1', version: 1 };
const ITEM = {
  item: 'i-1',
  kind: 'announcement',
  author: 't.martin',
  version: 2,
  withdrawn: false,
  places: ['class:a'],
  audience: ['teacher', 'student'],
  urgent: false,
  created_at: 1,
  changed_at: 2,
  body: { title: 'Sortie', text: 'x', item: 'i-1', version: 2 },
};

describe('items', () => {
  test('the reach is asked before sending', async () => {
    const reach = { total: 70, by_role: { student: 35, guardian: 35 }, receipts: 35 };
    const { items, said } = hub([200, reach], [200, { ...reach, by_role: { pirate: 1 } }]);
    expect(await items.reach({ ...where, receipt: 'student' })).toEqual(reach);
    expect(said()).toEqual([['POST /v1/reach', { ...where, receipt: 'student' }]]);
    await expect(items.reach(where)).rejects.toBeInstanceOf(HubUnreachable);
  });

  test('an announcement is sent, edited and withdrawn', async () => {
    const content = {
      ...where,
      title: 'Sortie',
      text: 'x',
      translations: { en: { title: 'Trip', text: 'x' } },
      receipt: 'student' as const,
      names: true,
      urgent: { reason: 'Gaz' },
    };
    const { items, said } = hub([201, SENT], [200, { ...SENT, version: 2 }], [204, '']);
    expect(await items.compose('i-1', { kind: 'announcement', content })).toEqual(SENT);
    expect(await items.edit('i-1', 1, { kind: 'announcement', content })).toMatchObject({ version: 2 });
    await items.withdraw('i-1');
    expect(said()).toEqual([
      ['POST /v1/announcements', { item: 'i-1', ...content }],
      ['PUT /v1/announcements/i-1', { version: 1, ...content }],
      ['DELETE /v1/items/i-1', undefined],
    ]);
  });

  test('work that would come late is warned about, with a better hour', async () => {
    const content = { ...where, title: 'Exercices', text: '', due: '2026-03-30', publish_at: 5 };
    const late = { ...SENT, deliver_at: 9, late: { publish_at: 7 } };
    const { items, said } = hub([201, late], [201, { ...SENT, late: {} }]);
    expect(await items.compose('i-1', { kind: 'assignment', content })).toEqual(late);
    await expect(items.compose('i-1', { kind: 'assignment', content })).rejects.toBeInstanceOf(
      HubUnreachable,
    );
    expect(said()[0]).toEqual(['POST /v1/assignments', { item: 'i-1', ...content }]);
  });

  test('one’s own items, page by page', async () => {
    const { items, said } = hub(
      [200, { items: [ITEM], next: 'i-1' }],
      [200, { items: [] }],
      [200, { items: [{ ...ITEM, kind: 'post' }] }],
    );
    expect((await items.sent()).items).toEqual([ITEM]);
    await items.sent({ before: 'i-1', limit: 20 });
    await expect(items.sent()).rejects.toBeInstanceOf(HubUnreachable);
    expect(said().map(([call]) => call)).toEqual([
      'GET /v1/items',
      'GET /v1/items?before=i-1&limit=20',
      'GET /v1/items',
    ]);
  });

  test('who has read, who is done, and another date for one', async () => {
    const receipts = { count: 12, of: 35, receipts: [{ subject: 'e.lea', given_name: 'Léa', at: 3 }] };
    const done = { count: 1, of: 35, students: [{ student: 'e.lea', at: 3, due: '2026-04-02' }] };
    const { items, said } = hub([200, receipts], [200, done], [200, {}], [204, '']);
    expect(await items.receipts('i-1')).toEqual(receipts);
    expect(await items.done('i-1')).toEqual(done);
    await items.extend('i-1', 'e.lea', '2026-04-02');
    await items.extend('i-1', 'e.lea', null);
    expect(said()).toEqual([
      ['GET /v1/items/i-1/receipts', undefined],
      ['GET /v1/items/i-1/done', undefined],
      ['PUT /v1/items/i-1/extensions/e.lea', { due: '2026-04-02' }],
      ['DELETE /v1/items/i-1/extensions/e.lea', undefined],
    ]);
  });
});

describe('marks', () => {
  test('reading and doing are said', async () => {
    const all = {
      done: [{ item: 'i-1', at: 3 }],
      extensions: [{ item: 'i-1', due: '2026-04-02' }],
      receipts: ['i-2'],
    };
    const { marks, said } = hub([200, all], [200, {}], [204, ''], [204, ''], [200, { done: [] }]);
    expect(await marks.all()).toEqual(all);
    await marks.acknowledge('i-2');
    await marks.done('i-1', true);
    await marks.done('i-1', false);
    await expect(marks.all()).rejects.toBeInstanceOf(HubUnreachable);
    expect(said().map(([call]) => call)).toEqual([
      'GET /v1/marks',
      'PUT /v1/items/i-2/receipt',
      'PUT /v1/items/i-1/done',
      'DELETE /v1/items/i-1/done',
      'GET /v1/marks',
    ]);
  });

  test('a guardian chooses', async () => {
    const chosen = { digest: 'weekly', mail: true, language: 'en' } as const;
    const { marks, said } = hub([200, chosen], [204, ''], [200, { ...chosen, digest: 'hourly' }]);
    expect(await marks.preferences()).toEqual(chosen);
    await marks.prefer(chosen);
    await expect(marks.preferences()).rejects.toBeInstanceOf(HubUnreachable);
    expect(said()[1]).toEqual(['PUT /v1/preferences', chosen]);
  });
});
