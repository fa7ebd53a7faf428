/**
 * An environment from what a browser and Node both offer: `fetch`, `WebSocket`, `crypto`, timers.
 *
 * Their types are described here as far as they are used, so that this package compiles for any host without a DOM.
 */

import {
  positionsInMemory,
  type Environment,
  type HttpRequest,
  type Memory,
  type PositionStore,
  type SocketListener,
  type StreamListener,
} from './environment.ts';

interface SocketLike {
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: (() => void) | null;
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** A WebSocket constructor as in the WHATWG standard: the browser's, Node's (22 and later) or that of the package `ws`. */
export type SocketConstructor = new (url: string, protocols: string) => SocketLike;

interface PiecesReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

interface Host {
  readonly fetch: (
    url: string,
    options: {
      method: string;
      headers: Readonly<Record<string, string>>;
      body?: string;
      cache: 'no-store';
      signal?: unknown;
    },
  ) => Promise<{
    readonly status: number;
    readonly headers: { get(name: string): string | null };
    readonly body?: { getReader(): PiecesReader } | null;
    text(): Promise<string>;
  }>;
  readonly AbortController: new () => { readonly signal: unknown; abort(): void };
  readonly TextDecoder: new () => { decode(bytes?: Uint8Array, options?: { stream: boolean }): string };
  readonly WebSocket?: SocketConstructor;
  readonly crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };
  readonly performance: { now(): number };
  readonly setTimeout: (action: () => void, ms: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
  readonly location?: { readonly origin: string };
}

/** What a host can’t know, or does not have. */
export interface GlobalOptions {
  /** `https://host`; in a browser, the page's own host if left out. */
  readonly hub?: string;
  readonly positions?: PositionStore;
  readonly memory?: Memory;
  /** For a Node without a WebSocket of its own. */
  readonly webSocket?: SocketConstructor;
}

/** setTimeout takes 31 bits; a longer wait would run at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const OPEN = 1;
/** Twenty characters of six bits each: 120 random bits. */
const ID_CHARACTERS = 20;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The environment of this browser or Node. */
export function fromGlobals(options: GlobalOptions = {}): Environment {
  const host = globalThis as unknown as Host;
  const hub = options.hub ?? host.location?.origin;
  if (hub === undefined) throw new Error('outside a browser, `hub` says where the hub is');
  const constructor = options.webSocket ?? host.WebSocket;
  if (constructor === undefined) throw new Error('this host has no WebSocket: pass one as `webSocket`');
  return {
    hub,
    clock: {
      now: () => host.performance.now(),
      wall: () => Date.now(),
      after: (ms, action) => {
        const timer = host.setTimeout(action, Math.min(ms, TIMER_MS_MAX));
        return () => host.clearTimeout(timer);
      },
    },
    chance: {
      fraction: () => Math.random(),
      id: () => {
        const bytes = host.crypto.getRandomValues(new Uint8Array(ID_CHARACTERS));
        return Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join('');
      },
    },
    request: async ({ method, url, headers, body }) => {
      const answer = await host.fetch(url, {
        method,
        headers,
        cache: 'no-store',
        ...(body === undefined ? {} : { body }),
      });
      return {
        status: answer.status,
        text: await answer.text(),
        ...dateOf(answer.headers),
        ...etagOf(answer.headers),
      };
    },
    open: (path, subprotocol, listener) =>
      openSocket(constructor, hub.replace(/^http/, 'ws') + path, subprotocol, listener),
    stream: (request, listener) => openStream(host, request, listener),
    positions: options.positions ?? positionsInMemory(),
    ...(options.memory ? { memory: options.memory } : {}),
  };
}

function openStream(
  host: Host,
  { url, headers }: Omit<HttpRequest, 'method' | 'body'>,
  listener: StreamListener,
) {
  const abort = new host.AbortController();
  void readStream(host, { url, headers, signal: abort.signal }, listener).catch(() => listener.closed());
  return () => abort.abort();
}

async function readStream(
  host: Host,
  { url, ...rest }: { url: string; headers: Readonly<Record<string, string>>; signal: unknown },
  listener: StreamListener,
): Promise<void> {
  const answer = await host.fetch(url, { method: 'GET', cache: 'no-store', ...rest });
  if (answer.status !== 200 || !answer.body) {
    return listener.refused({ status: answer.status, text: await answer.text() });
  }
  const reader = answer.body.getReader();
  const decoder = new host.TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return listener.closed();
    listener.received(decoder.decode(value, { stream: true }));
  }
}

function etagOf(headers: { get(name: string): string | null }): { etag?: string } {
  const etag = headers.get('etag');
  return etag === null ? {} : { etag };
}

/** When the hub answered; what a cache has kept since then is added (RFC 9111 §5.1). */
function dateOf(headers: { get(name: string): string | null }): { date?: number } {
  const date = Date.parse(headers.get('date') ?? '');
  const age = Number(headers.get('age') ?? 0);
  return Number.isFinite(date) ? { date: date + (Number.isFinite(age) ? age * 1_000 : 0) } : {};
}

function openSocket(
  constructor: SocketConstructor,
  url: string,
  subprotocol: string,
  listener: SocketListener,
) {
  const socket = new constructor(url, subprotocol);
  socket.onopen = () => listener.opened();
  // Binary frames are not of this protocol; an empty text is refused by the parser as malformed.
  socket.onmessage = ({ data }) => listener.received(typeof data === 'string' ? data : '');
  socket.onclose = ({ code, reason }) => listener.closed(code, reason);
  // A close follows every error and says more.
  socket.onerror = () => undefined;
  return {
    send: (text: string) => {
      if (socket.readyState === OPEN) socket.send(text);
    },
    close: (code: number, reason: string) => socket.close(code, reason),
  };
}
