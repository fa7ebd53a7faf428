/**
 * A hub in memory, as far as a client can tell: logs with positions, idempotent publishes, resume, resets, seats, tokens.
 *
 * Frames take time in both directions and are lost when a line is cut, so that everything that can be under way at a bad
 * moment is. What a test wants refused or broken, it says through the fields below.
 */

import type {
  HttpAnswer,
  HttpRequest,
  Socket,
  SocketListener,
  StreamListener,
} from '../../src/environment.ts';
import type {
  ClientMessage,
  Content,
  HubContent,
  LoadLevel,
  Position,
  Publication,
  ServerMessage,
} from '../../src/messages.ts';
import type { Shown } from '../../src/seat.ts';
import { understand } from './client-message.ts';
import { problem, type Outcome } from './answers.ts';
import { ModelLessons } from './lessons.ts';
import { ModelStream } from './stream.ts';
import type { World } from './world.ts';

const LATENCY_MS = 20;

export const LIMITS = {
  message_bytes: 65_536,
  subscriptions: 64,
  last: 100,
  messages_per_second: 20,
  publishes_per_second: 10,
  heartbeat_ms: 30_000,
  idle_ms: 75_000,
} as const;

type WireMessage = ServerMessage | { readonly type: string };

export interface Line {
  readonly listener: SocketListener;
  readonly account: string;
  /** Frames pass. */
  open: boolean;
  /** Nothing passes, and nobody is told. */
  mute: boolean;
  readonly follows: Set<string>;
}

interface Log {
  readonly publications: Publication[];
  offset: number;
  trimmed: number;
}

export class ModelHub {
  readonly world: World;
  epoch = '00000001';
  /** Requests get no answer and sockets break. */
  down = false;
  /** Something in between lets no WebSocket pass. */
  blocksSockets = false;
  load: LoadLevel = 0;
  tokenLifeMs = 3_600_000;
  /** Whose every token is. */
  account = 'a.one';
  /** No lease unless a test wants one. */
  leaseMs: number | undefined;
  limits: typeof LIMITS | { readonly [K in keyof typeof LIMITS]: number } = LIMITS;
  /** Offsets skipped before each publication: holes that mean nothing. */
  holes = () => 0;
  /** Tokens that are refused from now on. */
  readonly revoked = new Set<string>();
  /** What the next requests for a seat are answered instead of a seat. */
  readonly seatAnswers: Outcome[] = [];
  /** What a client message is answered instead of being served. */
  intercept: (message: ClientMessage) => WireMessage | undefined = () => undefined;
  /** Every frame that clients sent, as it arrived, with its time. */
  readonly heard: { readonly at: number; readonly message: ClientMessage }[] = [];
  readonly seatRequests: { readonly at: number; readonly token: string; readonly shown: Shown }[] = [];
  /** The date of the answers over HTTP, if they have one. */
  date: (now: number) => number | undefined = () => undefined;
  /** When a request was made, answered or not. */
  readonly requests: number[] = [];
  readonly lines: Line[] = [];
  readonly lessons = new ModelLessons(this);
  readonly #logs = new Map<string, Log>();
  readonly #keys = new Map<string, { readonly text: string; readonly position: Position }>();
  readonly #seats = new Set<string>();
  #sessions = 0;
  #names = 0;

  constructor(world: World) {
    this.world = world;
  }

  readonly request = ({ method, url, headers, body: sent }: HttpRequest): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      this.requests.push(this.world.now());
      this.world.after(LATENCY_MS, () => {
        if (this.down) return reject(new Error('refused'));
        const token = (headers['authorization'] ?? '').replace('Bearer ', '');
        const { status, body } = this.#answer(method, url, token, sent);
        const date = this.date(this.world.now());
        const answer = { status, text: JSON.stringify(body), ...(date === undefined ? {} : { date }) };
        this.world.after(LATENCY_MS, () => resolve(answer));
      });
    });

  #answer(method: string, url: string, token: string, sent = '{}'): Outcome {
    if (method !== 'POST' || url !== 'hub:/v1/seat') return problem(404, 'not_found');
    this.seatRequests.push({ at: this.world.now(), token, shown: JSON.parse(sent) as Shown });
    if (this.revoked.has(token)) return problem(401, 'token_expired');
    const prepared = this.seatAnswers.shift();
    if (prepared) return prepared;
    const seat = `seat-${this.seatRequests.length}`;
    this.#seats.add(seat);
    return { status: 200, body: { seat, url: '/v1/socket', expires_in_ms: 30_000, load: this.load } };
  }

  readonly open = (path: string, subprotocol: string, listener: SocketListener): Socket => {
    const line: Line = { listener, account: this.account, open: false, mute: false, follows: new Set() };
    const seat = decodeURIComponent(path.replace('/v1/socket?seat=', ''));
    this.world.after(LATENCY_MS, () => {
      if (this.down || this.blocksSockets || subprotocol !== 'preau.v1' || !this.#seats.delete(seat)) {
        return listener.closed(1006, '');
      }
      line.open = true;
      this.lines.push(line);
      listener.opened();
      this.send(line, this.#welcome());
    });
    return {
      send: (text) => this.world.after(LATENCY_MS, () => line.open && !line.mute && this.#hear(line, text)),
      close: () => {
        line.open = false;
      },
    };
  };

  /** The open streams, by channel; each takes a seat. */
  readonly streams: ModelStream[] = [];
  readonly streamRequests: {
    readonly at: number;
    readonly channel: string;
    readonly from: string | undefined;
    readonly start: string | undefined;
  }[] = [];
  /** What the next streams are answered instead of being opened. */
  readonly streamAnswers: Outcome[] = [];

  readonly stream = (
    { url, headers }: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
    listener: StreamListener,
  ): (() => void) => {
    const [, seat = '', channel = ''] =
      /seat=([^&]*)&channel=([^&]*)/.exec(url)?.map(decodeURIComponent) ?? [];
    const from = headers['last-event-id'];
    const start = /&from=(.*)$/.exec(url)?.[1];
    const stream = new ModelStream(this.world, channel, listener);
    this.world.after(LATENCY_MS, () => {
      this.streamRequests.push({ at: this.world.now(), channel, from, start });
      if (this.down) return stream.break();
      const prepared =
        this.streamAnswers.shift() ?? (this.#seats.delete(seat) ? undefined : problem(403, 'seat_spent'));
      if (prepared) return listener.refused({ status: prepared.status, text: JSON.stringify(prepared.body) });
      stream.open = true;
      this.streams.push(stream);
      stream.send(this.#welcome());
      const [epoch, offset] = from?.split('-') ?? [];
      const log = this.log(channel);
      const why = epoch !== undefined && epoch !== this.epoch ? 'epoch' : undefined;
      const after = why || offset === undefined ? 0 : Number(offset);
      const type = why ? 'reset' : from === undefined ? 'fresh' : 'resumed';
      stream.send({
        id: 0,
        type,
        ...(why ? { why } : {}),
        channel,
        position: { epoch: this.epoch, offset: after },
      } as never);
      for (const publication of log.publications) {
        if (publication.position.offset > after) stream.send({ type: 'publication', ...publication });
      }
    });
    return () => void (stream.open = false);
  };

  /** The wire has whole milliseconds. */
  #now(): number {
    return Math.round(this.world.now());
  }

  #welcome(): ServerMessage {
    const now = this.#now();
    return {
      type: 'welcome',
      protocol: 'preau.v1',
      session: (this.#sessions += 1),
      account: this.account,
      role: 'student',
      server_time: 1_000_000 + now,
      school_time: 5_000_000 + now,
      ...this.#ends(),
      resume: `resume-${this.#sessions}`,
      load: this.load,
      limits: this.limits,
    };
  }

  #ends() {
    const now = 1_000_000 + this.#now();
    const lease = this.leaseMs === undefined ? {} : { lease_expires_at: now + this.leaseMs };
    return { token_expires_at: now + this.tokenLifeMs, ...lease };
  }

  /** The open lines. */
  get live(): Line[] {
    return this.lines.filter((line) => line.open);
  }

  send(line: Line, message: WireMessage): void {
    const text = JSON.stringify(message);
    this.world.after(LATENCY_MS, () => line.open && !line.mute && line.listener.received(text));
  }

  /** Breaks every line: what is under way is lost. */
  cut(code = 1006, reason = ''): void {
    for (const line of this.live) {
      line.open = false;
      this.world.after(0, () => line.listener.closed(code, reason));
    }
  }

  /** Lets every line go dead without a word. */
  freeze(): void {
    for (const line of this.live) line.mute = true;
  }

  log(channel: string): Log {
    const log = this.#logs.get(channel) ?? { publications: [], offset: 0, trimmed: 0 };
    this.#logs.set(channel, log);
    return log;
  }

  /** Stores a publication, a post if it is only a text, and fans it out; the author is answered in between. */
  publish(
    channel: string,
    said: string | Content | HubContent,
    messageId = `h-${(this.#names += 1)}`,
    author = 'a.two',
    answer: (position: Position) => void = () => undefined,
  ): Position {
    const log = this.log(channel);
    log.offset += 1 + this.holes();
    const position = { epoch: this.epoch, offset: log.offset };
    const publication: Publication = {
      channel,
      position,
      author,
      message_id: messageId,
      audience: ['teacher', 'student'],
      published_at: 5_000_000 + this.#now(),
      ...(typeof said === 'string' ? { kind: 'post', body: { text: said } } : said),
    };
    log.publications.push(publication);
    answer(position);
    for (const line of this.live) {
      if (line.follows.has(channel)) this.send(line, { type: 'publication', ...publication });
    }
    for (const stream of this.streams) {
      if (stream.channel === channel) stream.send({ type: 'publication', ...publication });
    }
    return position;
  }

  /** Retention removes everything up to here. */
  trim(channel: string, offset: number): void {
    this.log(channel).trimmed = offset;
  }

  /** A backup is restored: another life of the store, with what it held. */
  restore(epoch: string): void {
    this.cut();
    this.epoch = epoch;
    for (const [channel, log] of this.#logs) {
      const publications = log.publications.map((publication, index) => ({
        ...publication,
        position: { epoch, offset: index + 1 },
      }));
      this.#logs.set(channel, { publications, offset: publications.length, trimmed: 0 });
    }
  }

  #hear(line: Line, text: string): void {
    const understood = understand(text);
    if (!('message' in understood)) throw new Error(`the client wrote what the hub refuses: ${text}`);
    const { message } = understood;
    this.heard.push({ at: this.world.now(), message });
    const prepared = this.intercept(message);
    if (prepared) return this.send(line, prepared);
    this.#serve(line, message);
  }

  #serve(line: Line, message: ClientMessage): void {
    switch (message.type) {
      case 'subscribe':
        return this.#subscribe(line, message);
      case 'unsubscribe':
        line.follows.delete(message.channel);
        return this.send(line, { type: 'unsubscribed', id: message.id, channel: message.channel });
      case 'publish':
        return this.#publish(line, message);
      case 'lesson':
        return this.lessons.serve(line, message);
      case 'ping': {
        const now = this.#now();
        return this.send(line, {
          type: 'pong',
          id: message.id,
          server_time: 1_000_000 + now,
          school_time: 5_000_000 + now,
        });
      }
      case 'refresh': {
        const resume = `resume-${this.#sessions}-${message.id}`;
        return this.send(line, { type: 'refreshed', id: message.id, resume, ...this.#ends() });
      }
      case 'visibility':
      case 'acknowledge':
    }
  }

  #subscribe(line: Line, { id, channel, from }: ClientMessage & { type: 'subscribe' }): void {
    const refuse = (code: string) =>
      this.send(line, { type: 'error', id, code, message: code } as WireMessage);
    if (line.follows.has(channel)) return refuse('already_subscribed');
    if (channel.startsWith('class:forbidden')) return refuse('not_allowed');
    line.follows.add(channel);
    const log = this.log(channel);
    const kept = typeof from === 'object' && 'position' in from ? from.position : undefined;
    const why = kept && this.#resetWhy(kept, log);
    const visible = log.publications.filter(({ position }) => position.offset > log.trimmed);
    const last = typeof from === 'object' && 'last' in from ? from.last : why ? 100 : 0;
    const missed = kept && !why ? visible.filter(({ position }) => position.offset > kept.offset) : [];
    const replay = last > 0 ? visible.slice(-last) : missed;
    const before = (replay[0]?.position.offset ?? log.offset + 1) - 1;
    const position = { epoch: this.epoch, offset: kept && !why ? kept.offset : before };
    if (why) this.send(line, { type: 'reset', why, id, channel, position });
    else this.send(line, { type: kept ? 'resumed' : 'fresh', id, channel, position });
    for (const publication of replay) this.send(line, { type: 'publication', ...publication });
    this.lessons.greet(line, channel);
  }

  #resetWhy(kept: Position, log: Log): 'epoch' | 'ahead' | 'trimmed' | undefined {
    if (kept.epoch !== this.epoch) return 'epoch';
    if (kept.offset > log.offset) return 'ahead';
    return kept.offset < log.trimmed ? 'trimmed' : undefined;
  }

  #publish(line: Line, message: ClientMessage & { type: 'publish' }): void {
    const { id, channel, message_id } = message;
    const key = `${line.account} ${channel} ${message_id}`;
    const text = JSON.stringify([message.kind, message.audience ?? null, message.body]);
    const earlier = this.#keys.get(key);
    if (earlier && earlier.text !== text) {
      return this.send(line, {
        type: 'error',
        id,
        code: 'message_id_reused',
        message: 'used for another publication',
      } as WireMessage);
    }
    const answer = (position: Position) => {
      this.#keys.set(key, { text, position });
      const duplicate = earlier !== undefined;
      this.send(line, { type: 'published', id, channel, message_id, position, duplicate });
    };
    if (earlier) return answer(earlier.position);
    this.publish(
      channel,
      { kind: message.kind, body: message.body } as Content,
      message_id,
      line.account,
      answer,
    );
  }
}
