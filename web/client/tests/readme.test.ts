/** The example of the README is `examples/follow.ts`, and it works on a host's own globals. */

import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

import { follow } from '../examples/follow.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const frame = (name: string) => read(`../../../tests/fixtures/protocol/server/${name}.json`).trimEnd();

class GoldenSocket {
  static readonly opened: string[] = [];
  readonly readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(url: string, protocol: string) {
    GoldenSocket.opened.push(`${url} ${protocol}`);
    queueMicrotask(() => {
      this.onopen?.();
      this.onmessage?.({ data: frame('welcome') });
    });
  }

  send(text: string): void {
    const { type, id } = JSON.parse(text) as { type: string; id: number };
    if (type !== 'subscribe') return;
    this.onmessage?.({ data: JSON.stringify({ ...JSON.parse(frame('fresh')), id }) });
    this.onmessage?.({ data: frame('publication') });
  }

  close(code = 1005, reason = ''): void {
    this.onclose?.({ code, reason });
  }
}

/** What the README shows in a language, block by block. */
const blocks = (language: string) =>
  [...read('../README.md').matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text]) => text,
  );

test('the README shows the examples as they are', () => {
  expect(blocks('ts')).toEqual([read('../examples/follow.ts')]);
  const page = read('../examples/browser/page.js')
    .split('\n')
    .map((line) => line.trim());
  const [kept, ...others] = blocks('js');
  expect(others).toEqual([]);
  for (const line of kept!.trimEnd().split('\n')) expect(page).toContain(line);
});

test('the README names every state and event', () => {
  const rows = read('../README.md')
    .split('\n')
    .flatMap((line) => /^\| `(\w+)`/.exec(line)?.[1] ?? []);
  const [events] = read('../src/subscription.ts').split('export type SubscriptionListener');
  const source = read('../src/state.ts') + events;
  const names = [...source.matchAll(/readonly (?:name|type): '(\w+)'/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(12);
  expect(rows).toEqual(expect.arrayContaining(names));
});

test('the example follows a channel', async () => {
  const lines: string[] = [];
  const asked: [string, RequestInit][] = [];
  vi.stubGlobal('console', { log: (...words: string[]) => lines.push(words.join(' ')) });
  vi.stubGlobal('WebSocket', GoldenSocket);
  vi.stubGlobal('fetch', async (url: string, options: RequestInit) => {
    asked.push([url, options]);
    return new Response('{"seat":"s+1","url":"/v1/socket","expires_in_ms":30000}');
  });
  const connection = follow('https://hub.example', 'jwt', 'class:lp-2a');
  await vi.waitFor(() => expect(lines).toContain('t.martin Bonjour à tous'));
  connection.close();
  vi.unstubAllGlobals();
  expect(lines).toEqual(['idle', 'connecting', 'connecting', 'live', 't.martin Bonjour à tous', 'closed']);
  expect(asked[0]).toMatchObject([
    'https://hub.example/v1/seat',
    { method: 'POST', cache: 'no-store', headers: { authorization: 'Bearer jwt' } },
  ]);
  expect(GoldenSocket.opened).toEqual(['wss://hub.example/v1/socket?seat=s%2B1 preau.v1']);
});
