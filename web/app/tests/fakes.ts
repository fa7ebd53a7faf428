/** A school for view models: the client tests' model hub, with the HTTP that only the page asks for. */

import type { ClassPeople, Environment, HttpAnswer, HttpRequest, Me } from '@preau/client';
import { positionsInMemory } from '@preau/client';
import { ModelHub } from '../../client/tests/model/hub.ts';
import { World } from '../../client/tests/model/world.ts';
import type { Memory } from '../src/state/school.ts';

export const ME: Me = {
  account: 'a.one',
  role: 'student',
  given_name: 'Léa',
  family_name: 'Petit',
  zone: 'Europe/Paris',
  schools: [{ id: 'lp', name: 'Lycée du Préau' }],
  classes: [
    { channel: 'class:a', title: '2nde A', kind: 'homeroom', subject: '', role: 'student' },
    { channel: 'class:b', title: 'Maths', kind: 'scheduled', subject: 'Mathématiques', role: 'student' },
  ],
  channels: ['bulletin:lp', 'class:b', 'class:a', 'account:a.one'],
};

export const DEMO = {
  accounts: [{ account: 'a.one', role: 'student', name: 'Léa Petit', classes: ['2nde A'] }],
  // 2026-03-27T17:58 in Paris.
  school_time: 1_774_630_680_000,
  speed: 1,
};

export const PEOPLE: ClassPeople = {
  class: 'a',
  title: '2nde A',
  people: [
    { account: 't.martin', role: 'teacher', given_name: 'Claire', family_name: 'Martin' },
    { account: 'a.one', role: 'student', given_name: 'Léa', family_name: 'Petit' },
  ],
};

type Answer = readonly [number, unknown] | 'unreachable';

export class FakeSchool {
  readonly world = new World(11);
  readonly hub = new ModelHub(this.world);
  readonly asked: HttpRequest[] = [];
  /** What the page's own requests are answered, by path without its query; by method and path where that matters. */
  readonly answers: Record<string, Answer> = {
    '/v1/demo': [200, DEMO],
    '/v1/demo/login': [200, { token: 'token', expires_at: 1 }],
    '/v1/me': [200, ME],
    '/v1/classes/a/people': [200, PEOPLE],
    '/v1/bulletin/lp': [200, { publications: [] }],
    '/v1/bulletin/region': [200, { publications: [] }],
    '/v1/marks': [200, { done: [], extensions: [], receipts: [] }],
  };
  readonly environment: Environment = {
    hub: 'hub:',
    clock: this.world,
    chance: this.world,
    request: (request) => this.#request(request),
    open: this.hub.open,
    positions: positionsInMemory(),
  };
  remembered: string | undefined;
  readonly memory: Memory = {
    read: () => this.remembered,
    write: (account) => (this.remembered = account),
  };

  #request(request: HttpRequest): Promise<HttpAnswer> {
    const [path = ''] = request.url.replace('hub:', '').split('?');
    if (path === '/v1/seat') return this.hub.request(request);
    this.asked.push(request);
    const channel = /^\/v1\/channels\/(.*)\/publications$/.exec(path)?.[1];
    const answer =
      this.answers[`${request.method} ${path}`] ??
      this.answers[path] ??
      (channel ? this.#history(decodeURIComponent(channel), request) : undefined);
    if (answer === undefined || answer === 'unreachable') return Promise.reject(new Error('refused'));
    return Promise.resolve({ status: answer[0], text: JSON.stringify(answer[1]) });
  }

  #history(channel: string, { url }: HttpRequest): Answer {
    const query = new Map([...url.matchAll(/[?&](\w+)=([^&]*)/g)].map(([, name, value]) => [name, value]));
    const before = Number(query.get('before') ?? Infinity);
    const kind = query.get('kind');
    const all = this.hub
      .log(channel)
      .publications.filter((entry) => entry.position.offset < before && (!kind || entry.kind === kind));
    const limit = Number(query.get('limit') ?? 50);
    const place = (offset: number) => ({ epoch: this.hub.epoch, offset });
    const page = { publications: all.slice(-limit), more: all.length > limit };
    const through = page.publications[0]?.position ?? place(0);
    return [200, { ...page, through, last: place(this.hub.log(channel).offset), trimmed: place(0) }];
  }
}
