/** A hub for the dashboard: its golden events, and what a test has it answer. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { positionsInMemory, type Environment, type HttpRequest, type StreamListener } from '@preau/client';

import { World } from '../../client/tests/model/world.ts';
import { Operations, type WallVisit } from '../src/state/operations/operations.ts';

const golden = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../tests/fixtures/operations/${name}`, import.meta.url)), 'utf8');
export const MOMENT_TEXT = golden('moment.json');
export const HISTORY_TEXT = golden('history.json');
const DEMO = { accounts: [], school_time: 0, speed: 1 };
export const LIMITS = {
  limits: { seats_max: 0, shares: [5, 150, 400, 300, 45, 100], flow: { max: 2000 }, evening_seconds: 1200 },
  set: { 'shares.student': 300 },
};

export class FakeHub {
  readonly world = new World(3);
  readonly asked: HttpRequest[] = [];
  readonly streams: { url: string; headers: Readonly<Record<string, string>>; listener: StreamListener }[] =
    [];
  status = 200;
  /** What else is answered, by path. */
  readonly answers: Record<string, readonly [number, unknown]> = {
    '/v1/demo': [404, DEMO],
    '/v1/login/how': [200, { kind: 'none' }],
  };
  word: string | undefined;
  isOfHost = true;
  readonly went: string[] = [];
  readonly visit: WallVisit = {
    here: () => '/',
    takeWord: () => {
      const { word } = this;
      this.word = undefined;
      return word;
    },
    go: (address) => void this.went.push(address),
    isOfHost: () => this.isOfHost,
  };
  readonly environment: Environment = {
    hub: 'hub:',
    clock: this.world,
    chance: this.world,
    positions: positionsInMemory(),
    open: () => {
      throw new Error('the dashboard opens no socket');
    },
    request: (request) => {
      this.asked.push(request);
      const [status, value] = this.answers[request.url.replace('hub:', '')] ?? [this.status, LIMITS];
      return Promise.resolve({ status, text: JSON.stringify(value) });
    },
    stream: ({ url, headers }, listener) => {
      this.streams.push({ url, headers, listener });
      return () => undefined;
    },
  };

  get stream() {
    return this.streams.at(-1)!;
  }

  tell(name: string, text: string): void {
    this.stream.listener.received(`event: ${name}\ndata: ${JSON.stringify(JSON.parse(text))}\n\n`);
  }

  async inside() {
    const dashboard = new Operations(this.environment, this.visit);
    await dashboard.start();
    await dashboard.enterWith('secret', 'ada');
    const { value } = dashboard.view;
    if (value.name !== 'inside') throw new Error(`it is at ${value.name}`);
    return { dashboard, watch: value.watch };
  }
}
