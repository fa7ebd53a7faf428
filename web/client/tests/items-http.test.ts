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
  body: { title: 'Sortie', text: 'x', item: 'i-1', version: 2 },
};

describe('items', () => {
  test('the reach is asked before sending', async () => {
    const reach = { recipients: 70, by_role: { student: 35, guardian: 35 }, receipts: 35 };
    const { items, said } = hub([200, reach], [200, { ...reach, by_role: { pirate: 1 } }]);
    const question = { kind: 'announcement', ...where, receipt: 'student' } as const;
    expect(await items.reach(question)).toEqual(reach);
    expect(said()).toEqual([['POST /v1/reach', question]]);
    await expect(items.reach(question)).rejects.toBeInstanceOf(HubUnreachable);
  });

  test('whether it would come late', async () => {
    const late = { why: 'hour', publish_at: 7 };
    const { items, said } = hub([200, { at: 1, late }], [200, { at: 1, late: null }], [200, { late: 7 }]);
    expect(await items.lateness('level:lp/2nde')).toEqual(late);
    expect(await items.lateness('class:a')).toBeUndefined();
    await expect(items.lateness('class:a')).rejects.toBeInstanceOf(HubUnreachable);
    expect(said()[0]).toEqual(['GET /v1/publishing-advice?channel=level%3Alp%2F2nde', undefined]);
  });

  test('an announcement is sent, edited and withdrawn', async () => {
    const body = {
      title: 'Sortie',
      text: 'x',
      translations: { en: { title: 'Trip', text: 'x' } },
      receipt: 'student',
      names: true,
    } as const;
    const content = { kind: 'announcement', body } as const;
    const terms = { ...where, urgent: { reason: 'Gaz' } };
    const { items, said } = hub(
      [202, { ...ITEM, copies: [{ channel: 'class:a', deliver_at: 9 }] }],
      [200, ITEM],
      [200, { ...ITEM, withdrawn: true }],
    );
    expect((await items.compose('i-1', content, terms)).copies).toEqual([
      { channel: 'class:a', deliver_at: 9 },
    ]);
    expect(await items.edit('i-1', 1, content)).toEqual(ITEM);
    expect(await items.withdraw({ id: 'i-1', kind: 'announcement' })).toMatchObject({ withdrawn: true });
    expect(said()).toEqual([
      ['POST /v1/announcements', { id: 'i-1', ...terms, body }],
      ['PUT /v1/announcements/i-1', { version: 1, body }],
      ['DELETE /v1/announcements/i-1', undefined],
    ]);
  });

  test('an assignment is sent for later', async () => {
    const body = { title: 'Exercices', text: '', due: '2026-03-30' };
    const { items, said } = hub([202, { ...ITEM, kind: 'assignment', body, publish_at: 7 }]);
    const sent = await items.compose('i-1', { kind: 'assignment', body }, { ...where, publish_at: 7 });
    expect(sent).toMatchObject({ publish_at: 7 });
    expect(said()).toEqual([['POST /v1/assignments', { id: 'i-1', ...where, publish_at: 7, body }]]);
  });

  test('one’s own items, page by page', async () => {
    const { items, said } = hub(
      [200, { items: [ITEM], next: '1:i-1' }],
      [200, { items: [], next: null }],
      [200, { items: [{ ...ITEM, kind: 'post' }], next: null }],
    );
    expect((await items.sent()).items).toEqual([ITEM]);
    await items.sent({ before: '1:i-1', limit: 20 });
    await expect(items.sent()).rejects.toBeInstanceOf(HubUnreachable);
    expect(said().map(([call]) => call)).toEqual([
      'GET /v1/items',
      'GET /v1/items?before=1%3Ai-1&limit=20',
      'GET /v1/items',
    ]);
  });

  test('who has read, who is done, and another date for one', async () => {
    const reader = { account: 'e.lea', role: 'student', given_name: 'Léa', family_name: 'Petit', at: 3 };
    const by_role = [{ role: 'student', read: 12, reached: 35 }];
    const receipts = { item: 'i-1', receipt: 'student', by_role, names: [reader], more: false };
    const students = [{ account: 'e.lea', done_at: 3, due: null }, { account: 'e.tom' }];
    const done = { item: 'i-1', classes: [{ class: 'a', done: 1, students }] };
    const { items, said } = hub([200, receipts], [200, done], [200, {}], [200, {}], [200, { by_role }]);
    expect(await items.receipts('i-1', { after: 'e.abel' })).toEqual(receipts);
    expect(await items.done('i-1')).toEqual(done.classes);
    await items.extend('i-1', 'e.lea', '2026-04-02');
    await items.extend('i-1', 'e.lea', null);
    await expect(items.receipts('i-1')).rejects.toBeInstanceOf(HubUnreachable);
    expect(said().slice(0, 4)).toEqual([
      ['GET /v1/items/i-1/receipts?after=e.abel', undefined],
      ['GET /v1/items/i-1/done', undefined],
      ['PUT /v1/items/i-1/extensions/e.lea', { due: '2026-04-02' }],
      ['PUT /v1/items/i-1/extensions/e.lea', { due: null }],
    ]);
  });
});

describe('marks', () => {
  test('reading and doing are said', async () => {
    const all = {
      done: [{ item: 'i-1', done_at: 3 }],
      extensions: [{ item: 'i-1', due: '2026-04-02' }],
      receipts: ['i-2'],
    };
    const { marks, said } = hub([200, all], [201, {}], [200, {}], [200, {}], [200, { done: [] }]);
    expect(await marks.all()).toEqual(all);
    await marks.acknowledge('i-2');
    await marks.done('i-1', true);
    await marks.done('i-1', false);
    await expect(marks.all()).rejects.toBeInstanceOf(HubUnreachable);
    expect(said()).toEqual([
      ['GET /v1/marks', undefined],
      ['POST /v1/items/i-2/receipt', undefined],
      ['PUT /v1/items/i-1/done', { done: true }],
      ['PUT /v1/items/i-1/done', { done: false }],
      ['GET /v1/marks', undefined],
    ]);
  });

  test('a guardian chooses', async () => {
    const chosen = { digest: 'weekly', mail: true, urgent_mail: false, language: 'en' } as const;
    const { marks, said } = hub([200, chosen], [200, chosen], [200, { ...chosen, digest: 'hourly' }]);
    expect(await marks.preferences()).toEqual(chosen);
    await marks.prefer(chosen);
    await expect(marks.preferences()).rejects.toBeInstanceOf(HubUnreachable);
    expect(said()[1]).toEqual(['PUT /v1/preferences', chosen]);
  });
});
