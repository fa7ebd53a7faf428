/**
 * Everything that the client takes from the world around it, as values passed in: time, chance, HTTP, sockets, memory.
 *
 * `fromGlobals` in `globals.ts` builds one from a browser's or Node's own; tests build one whose time they move.
 */

import type { Position } from './messages.ts';

/** Stops a timer; harmless once it has run. */
export type Cancel = () => void;

/** Time, as it passes and as the device shows it. */
export interface Clock {
  /** Milliseconds since some fixed moment; only differences are used. */
  now(): number;
  /** The device's date, in milliseconds since 1970, right or wrong: only ever compared with itself. */
  wall(): number;
  /** Runs an action once, after at least this many milliseconds. */
  after(ms: number, action: () => void): Cancel;
}

/** What nobody can foretell. */
export interface Chance {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** A name that nobody else will choose: at least 96 random bits, in letters, digits, `-` or `_`. */
  id(): string;
}

/** What is asked over HTTP. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What was answered, whatever the status. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** The hub's date at this answer, in milliseconds since 1970, if it says. */
  readonly date?: number;
  /** The name of this version of what was asked for (RFC 9110 §8.8.3), if it has one. */
  readonly etag?: string;
}

/** One open (or opening) WebSocket. */
export interface Socket {
  /** Sends one text message; harmless while it is not open. */
  send(text: string): void;
  /** Closes with a code and a reason (RFC 6455 §7.4). */
  close(code: number, reason: string): void;
}

/** What a socket tells. `closed` comes exactly once and last. */
export interface SocketListener {
  /** It is open. */
  opened(): void;
  /** One text message came. */
  received(text: string): void;
  /** It is over: with the code of the close frame, or 1006 if there was none. */
  closed(code: number, reason: string): void;
}

/** Where positions are kept. Keep them for as long as the publications themselves, neither longer nor shorter. */
export interface PositionStore {
  /** The position of a channel, if one is kept. */
  read(channel: string): Position | undefined;
  /** Keeps a position in the place of the channel's last one. */
  write(channel: string, position: Position): void;
  /** Keeps none any more. */
  forget(channel: string): void;
  /** Told at each welcome, before any channel is asked for: positions of another account are to be forgotten. */
  belongTo?(account: string): void;
}

/** Remembers a few words across a reload of the page, for one account. It may forget. */
export interface Memory {
  /** The word under this name, if there is one. */
  read(name: string): string | undefined;
  /** Keeps a word under this name, or none. */
  write(name: string, word: string | undefined): void;
}

/** What a stream of text tells. `refused` or `closed` comes exactly once and last. */
export interface StreamListener {
  /** A piece of a successful answer's body, cut anywhere. */
  received(text: string): void;
  /** Another answer than success. */
  refused(answer: HttpAnswer): void;
  /** It ended, or broke. */
  closed(): void;
}

/** The world around a client. `fromGlobals` builds it. */
export interface Environment {
  readonly clock: Clock;
  readonly chance: Chance;
  /** Where the hub is: `https://host` without a path, or `''` for the page's own host. */
  readonly hub: string;
  /** Rejects if no answer came. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Opens a WebSocket at an address below the hub's. */
  open(path: string, subprotocol: string, listener: SocketListener): Socket;
  /** Asks for an answer that does not end, until cancelled; a host without it has no way around a blocked WebSocket. */
  stream?(request: Omit<HttpRequest, 'method' | 'body'>, listener: StreamListener): Cancel;
  readonly positions: PositionStore;
  /** Where a place in the waiting room is kept across a reload; without it, in this page only. */
  readonly memory?: Memory;
}

/** Positions in memory: right for a page that forgets its feed when it is reloaded. */
export function positionsInMemory(): PositionStore {
  const held = new Map<string, Position>();
  return {
    read: (channel) => held.get(channel),
    write: (channel, position) => void held.set(channel, position),
    forget: (channel) => void held.delete(channel),
  };
}
