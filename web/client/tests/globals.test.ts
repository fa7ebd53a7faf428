/** The environment that a browser or Node gives. */

import { afterEach, expect, test, vi } from 'vitest';

import { fromGlobals, type SocketConstructor } from '../src/globals.ts';
import { isIdentifier } from '../src/shape.ts';

afterEach(() => void vi.unstubAllGlobals());

class FakeSocket {
  static last: FakeSocket | undefined;
  readonly sent: string[] = [];
  readonly closed: unknown[] = [];
  readonly url: string;
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string) {
    this.url = url;
    FakeSocket.last = this;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(code: number, reason: string): void {
    this.closed.push([code, reason]);
  }
}

const webSocket: SocketConstructor = FakeSocket;

test('what is missing is named', () => {
  vi.stubGlobal('WebSocket', undefined);
  expect(() => fromGlobals()).toThrow('hub');
  expect(() => fromGlobals({ hub: 'https://h' })).toThrow('WebSocket');
});

test('a page’s own host is the hub', () => {
  vi.stubGlobal('location', { origin: 'http://127.0.0.1:8080' });
  const environment = fromGlobals({ webSocket });
  const told: unknown[] = [];
  const socket = environment.open('/v1/socket?seat=x', 'preau.v1', {
    opened: () => told.push('opened'),
    received: (text) => told.push(text),
    closed: (code, reason) => told.push([code, reason]),
  });
  const fake = FakeSocket.last!;
  expect(fake.url).toBe('ws://127.0.0.1:8080/v1/socket?seat=x');
  socket.send('too early');
  fake.readyState = 1;
  fake.onopen?.();
  socket.send('now');
  fake.onmessage?.({ data: 'text' });
  fake.onmessage?.({ data: new ArrayBuffer(1) });
  fake.onerror?.();
  socket.close(1000, '');
  fake.onclose?.({ code: 4100, reason: '{}' });
  expect(fake.sent).toEqual(['now']);
  expect(fake.closed).toEqual([[1000, '']]);
  expect(told).toEqual(['opened', 'text', '', [4100, '{}']]);
});

test('names are identifiers, and never the same', () => {
  const { chance } = fromGlobals({ hub: 'https://h', webSocket });
  const names = Array.from({ length: 1_000 }, () => chance.id());
  expect(new Set(names).size).toBe(1_000);
  expect(names.every(isIdentifier)).toBe(true);
  expect(chance.fraction()).toBeLessThan(1);
});

test('requests carry their body, timers can be stopped', async () => {
  const asked: RequestInit[] = [];
  vi.stubGlobal('fetch', async (_: string, options: RequestInit) => {
    asked.push(options);
    const headers = { date: 'Fri, 27 Mar 2026 16:58:00 GMT', age: '60', etag: '"a"' };
    return new Response('{}', { status: 202, headers });
  });
  const { request, clock } = fromGlobals({ hub: 'https://h', webSocket });
  const answer = await request({ method: 'POST', url: 'https://h/x', headers: { a: 'b' }, body: '{}' });
  expect(answer).toEqual({ status: 202, text: '{}', date: 1_774_630_740_000, etag: '"a"' });
  expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(60_000);
  expect(asked).toEqual([{ method: 'POST', headers: { a: 'b' }, cache: 'no-store', body: '{}' }]);

  vi.stubGlobal('fetch', async () => new Response('', { headers: { age: 'soon', date: 'x' } }));
  expect(await request({ method: 'GET', url: 'https://h/x', headers: {} })).toEqual({
    status: 200,
    text: '',
  });

  const before = clock.now();
  const ran: string[] = [];
  clock.after(0, () => ran.push('stopped'))();
  clock.after(2 ** 40, () => ran.push('far too soon'))();
  await new Promise<void>((resolve) => clock.after(1, resolve));
  expect(ran).toEqual([]);
  expect(clock.now()).toBeGreaterThanOrEqual(before);
});
