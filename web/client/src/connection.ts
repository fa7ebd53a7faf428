/**
 * One account's line to the hub, for as long as the application wants it: a seat, a socket, a welcome, then an exchange;
 * and when it breaks, another after the wait that the hub advises, or our own backoff if nobody advised.
 *
 * Exactly one attempt is under way at a time. Everything that comes late from an earlier one is dropped by its number.
 */

import { Backoff, BACKOFF_DEFAULTS, type BackoffOptions } from './backoff.ts';
import { BulletinReader, type Notice } from './bulletin.ts';
import { adviceFor, causeOf, ticketOf, type Advice } from './close.ts';
import { Door } from './door.ts';
import type { Cancel, Environment, Socket } from './environment.ts';
import type { ClassLesson } from './class-lesson.ts';
import { Exchange, type HubTime } from './exchange.ts';
import { HubHttp } from './http.ts';
import { Known } from './known.ts';
import { Listeners } from './listeners.ts';
import { SUBPROTOCOL } from './messages.ts';
import type { Content, LoadLevel, StartFrom, Welcome } from './messages.ts';
import { silenceOf, type PublishOptions, type Receipt } from './outgoing.ts';
import { parseServerMessage } from './parse.ts';
import { HubProblem, remedy, type SuspensionTimes } from './problem.ts';
import { Reading } from './reading.ts';
import type { Place, Seat } from './seat.ts';
import { isLoadLevel } from './shape.ts';
import { isUnheard, type Cause, type ConnectionState } from './state.ts';
import type { SubscriptionListener } from './subscription.ts';
import { LoggedOut, Tokens, type TokenSource } from './token.ts';

/** From opening a socket to the hub's welcome. */
const WELCOME_DEADLINE_MS = 15_000;
/** A wait told over HTTP is stretched by up to this share, so that those who were told together return apart. */
const STRETCH = 0.2;
/** Our close codes (RFC 6455 §7.4.2 leaves 3000–4999 to applications; the hub uses those from 4000). */
const CLOSE = { normal: 1000, silent: 3000, unreadable: 3001 } as const;

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly environment: Environment;
  readonly token: TokenSource;
  readonly backoff?: Partial<BackoffOptions>;
}

/** A line to the hub that comes back by itself. */
export class Connection {
  /** The hub's HTTP surface with the same token. */
  readonly http: HubHttp;
  readonly #environment: Environment;
  readonly #tokens: Tokens;
  readonly #backoff: Backoff;
  readonly #stableMs: number;
  readonly #exchange: Exchange;
  readonly #times = new Listeners<HubTime>();
  readonly #load = new Known<LoadLevel>(0);
  readonly #notice = new Known<Notice | undefined>(undefined, (one, other) => one?.text === other?.text);
  /** What the socket does; what is shown may be that channels are read without it. */
  #state: ConnectionState = { name: 'idle' };
  readonly #shown = new Known(this.#state);
  /** The number of the attempt under way. */
  #attempt = 0;
  #attemptAt = 0;
  #liveSince: number | undefined;
  #socket: Socket | undefined;
  readonly #door: Door;
  readonly #reading: Reading;
  #renewedAfterRefusal = false;
  #cancel: Cancel = () => undefined;

  /** A connection that does nothing before `start`. */
  constructor({ environment, token, backoff }: ConnectionOptions) {
    const options = { ...BACKOFF_DEFAULTS, ...backoff };
    this.#environment = environment;
    this.#tokens = new Tokens(token);
    this.#backoff = new Backoff(options, environment.chance);
    this.#stableMs = options.stableMs;
    this.#door = new Door(environment, {
      enter: () => this.#enter(),
      waits: (state) => this.#set(state),
    });
    this.http = new HubHttp(environment, this.#tokens, (ms) => this.#door.dated(ms));
    this.#exchange = new Exchange(environment, this.#tokens, {
      silent: () => this.#giveUp(CLOSE.silent, { kind: 'silent' }),
      unplaceable: () => this.#giveUp(CLOSE.unreadable, { kind: 'unreadable' }),
      time: (time) => this.#told(time),
      load: (level) => this.#load.set(level),
      resume: (token) => this.#door.passes.renewed(token),
      silence: () => silenceOf(this.state),
    });
    this.#reading = new Reading(
      {
        environment,
        seat: (shown) => this.http.seat(shown),
        news: {
          changed: () => this.#show(),
          load: (level) => this.#load.set(level),
          welcomed: (welcome) => this.#welcomed(welcome),
          unsubscribed: (channel) => this.#exchange.ended(channel, 'roster'),
          suspended: (times) => {
            this.#release();
            this.#suspend(times);
          },
          sentAway: (advice, cause) => this.#lost(advice, cause),
          ended: (cause) => this.#end(cause),
        },
      },
      () => this.#exchange.followed,
    );
  }

  /** Where it stands. */
  get state(): ConnectionState {
    return this.#shown.value;
  }

  /** Publications that the hub has not answered. */
  get unanswered(): number {
    return this.#exchange.unanswered;
  }

  /** Calls the listener with the state now and at each change. */
  onState(listener: (state: ConnectionState) => void): Cancel {
    return this.#shown.on(listener);
  }

  /** Calls the listener whenever the hub tells its two clocks. */
  onTime(listener: (time: HubTime) => void): Cancel {
    return this.#times.add(listener);
  }

  /** Calls the listener with how loaded the hub is, now and at each change. */
  onLoad(listener: (level: LoadLevel) => void): Cancel {
    return this.#load.on(listener);
  }

  /** Calls the listener with what the operators said at the last question for a seat, now and at each change. */
  onNotice(listener: (notice: Notice | undefined) => void): Cancel {
    return this.#notice.on(listener);
  }

  /** Connects, and stays connected. Once closed, a connection is not started again: make another. */
  start(): void {
    if (this.#state.name !== 'idle') return;
    const kept = this.#door.passes.recall();
    if (kept && kept.retry_after_ms > 0) this.#queue(kept);
    else this.#enter();
  }

  /** The page is being left: if it is loaded again soon, the session keeps its seat. */
  leaving(): void {
    this.#door.passes.leaving();
  }

  /** The bulletins of these schools and of the region, for those who wait; it reads nothing before it is started. */
  bulletins(schools: readonly string[]): BulletinReader {
    return new BulletinReader(this.#environment, schools, (ms) => this.#door.dated(ms));
  }

  /** School time was set, or passes at another speed: a demo can do that, and only whoever did it knows. */
  setSchoolTime(ms: number, speed?: number): void {
    this.#door.setSchoolTime(ms, speed);
  }

  /** Leaves. Unanswered publications are rejected. */
  close(): void {
    if (this.#state.name === 'closed') return;
    const socket = this.#release();
    this.#end({ kind: 'asked' });
    socket?.close(CLOSE.normal, '');
  }

  /**
   * The device woke or the network came back: asks an open line for a sign of life, and cuts short a wait that nobody but
   * our own backoff imposed. A wait that the hub advised is kept.
   */
  wake(): void {
    if (this.#state.name === 'live') return this.#exchange.probe();
    if (this.#state.name !== 'waiting') return;
    const ours = this.#state.cause.kind === 'unreachable' || this.#state.cause.kind === 'silent';
    const rested = this.#environment.clock.now() - this.#attemptAt >= BACKOFF_DEFAULTS.firstMs;
    if (ours && rested) this.#enter();
  }

  /** Whether nobody can see the page: the hub serves those first who can, when it can't serve all. */
  hide(hidden: boolean): void {
    this.#exchange.hide(hidden);
  }

  /** These channels are looked at, the most important first: where not all can be read, they are. */
  look(channels: readonly string[]): void {
    this.#reading.look(channels);
  }

  /**
   * Follows a channel until the returned function is called: from its kept position, or else from where `from` says.
   * Wishes outlive connections.
   */
  subscribe(channel: string, from: StartFrom, listener: SubscriptionListener): Cancel {
    const leave = this.#exchange.subscribe(channel, from, listener);
    this.#reading.follow();
    return () => {
      leave();
      this.#reading.follow();
    };
  }

  /**
   * Publishes. Resolves once the hub has it on stable storage; rejects with `PublishRejected`. Between the two it is sent
   * again after each reconnect, under the same message id.
   */
  publish(channel: string, content: Content, options: PublishOptions = {}): Promise<Receipt> {
    const messageId = options.messageId ?? this.#environment.chance.id();
    return this.#exchange.publish({ channel, content, audience: options.audience, messageId });
  }

  /** The lessons of a class whose channel is followed. */
  lesson(channel: string): ClassLesson {
    return this.#exchange.lesson(channel);
  }

  #enter(): void {
    this.#cancel();
    const attempt = (this.#attempt += 1);
    this.#attemptAt = this.#environment.clock.now();
    // Whoever waits at the door goes on waiting while the question is under way.
    if (this.#state.name !== 'queued' && this.#state.name !== 'suspended') {
      this.#set({ name: 'connecting', step: 'seat', attempt: this.#backoff.failures });
    }
    this.http.seat(this.#door.passes.shown).then(
      (answer) => attempt === this.#attempt && this.#answered(answer),
      (error: unknown) => attempt === this.#attempt && this.#refused(error),
    );
  }

  #answered(answer: Seat | Place): void {
    if (isLoadLevel(answer.load)) this.#load.set(answer.load);
    this.#notice.set('seat' in answer ? undefined : answer.notice);
    if ('seat' in answer) return this.#open(answer);
    this.#door.passes.queued(answer);
    this.#queue(answer);
  }

  #queue(place: Place): void {
    this.#cancel();
    this.#cancel = () => this.#door.leave();
    this.#door.queue(place, isLoadLevel(place.load) ? place.load : this.#load.value);
  }

  #suspend(times: Partial<SuspensionTimes>): void {
    this.#reading.stop();
    this.#cancel();
    this.#cancel = () => this.#door.leave();
    this.#door.suspend(times);
  }

  #open({ seat, url }: Seat): void {
    const attempt = this.#attempt;
    this.#set({ name: 'connecting', step: 'socket', attempt: this.#backoff.failures });
    const current = () => attempt === this.#attempt;
    const cancel = this.#environment.clock.after(WELCOME_DEADLINE_MS, () => {
      if (current()) this.#giveUp(CLOSE.silent, { kind: 'silent' });
    });
    this.#cancel = cancel;
    this.#socket = this.#environment.open(`${url}?seat=${encodeURIComponent(seat)}`, SUBPROTOCOL, {
      opened: () => undefined,
      received: (text) => current() && this.#received(text),
      closed: (code, reason) => current() && this.#closed(code, reason),
    });
  }

  #received(text: string): void {
    const parsed = parseServerMessage(text);
    if (parsed.outcome === 'unknown') return;
    if (parsed.outcome === 'malformed') return this.#giveUp(CLOSE.unreadable, { kind: 'unreadable' });
    const { message } = parsed;
    if (this.#liveSince !== undefined) return this.#exchange.receive(message);
    if (message.type !== 'welcome' || message.protocol !== SUBPROTOCOL) {
      return this.#giveUp(CLOSE.unreadable, { kind: 'unreadable' });
    }
    this.#cancel();
    this.#liveSince = this.#environment.clock.now();
    this.#door.passes.entered(message.resume);
    this.#welcomed(message);
    this.#reading.stop();
    this.#set({ name: 'live', welcome: message });
    this.#exchange.begin(message, (frame) => this.#socket?.send(frame));
  }

  #closed(number: number, reason: string): void {
    this.#door.passes.sentAway(ticketOf(reason));
    this.#lost(adviceFor(number, reason), causeOf(number, reason));
  }

  #giveUp(code: number, cause: Cause): void {
    const socket = this.#socket;
    this.#lost({ retry: 'backoff' }, cause);
    socket?.close(code, '');
  }

  /** Asking for a seat failed. */
  #refused(error: unknown): void {
    if (error instanceof LoggedOut) return this.#end({ kind: 'logged_out' });
    if (!(error instanceof HubProblem)) return this.#lost({ retry: 'backoff' }, { kind: 'unreachable' });
    const { status, code, retryAfterMs, suspension } = error;
    this.#notice.set(error.notice);
    if (suspension) return this.#suspend(suspension);
    const cause: Cause = { kind: 'problem', status, code };
    if (retryAfterMs !== undefined) {
      // The hub is well and names the moment: our own backoff would only add to it.
      return this.#wait(retryAfterMs * (1 + STRETCH * this.#environment.chance.fraction()), cause);
    }
    // A token problem has been met with a new token already: a second refusal is final.
    this.#lost({ retry: remedy(code, status) === 'later' ? 'backoff' : 'never' }, cause);
  }

  /** The connection, or the attempt at one, is over. */
  #lost(advice: Advice, cause: Cause): void {
    const isBlocked = this.#socket !== undefined && this.#liveSince === undefined && isUnheard(cause);
    const lived = this.#liveSince === undefined ? 0 : this.#environment.clock.now() - this.#liveSince;
    this.#release();
    this.#backoff.ended(lived);
    if (lived >= this.#stableMs) this.#renewedAfterRefusal = false;
    const blockedMs = isBlocked && advice.retry === 'backoff' ? this.#reading.blocked() : undefined;
    if (blockedMs !== undefined) return this.#wait(blockedMs, cause);
    switch (advice.retry) {
      case 'never':
        return this.#end(cause);
      case 'suspended':
        return this.#suspend(advice);
      case 'new_token':
        return this.#renew(cause);
      case 'ask':
        this.#reading.stop();
        return this.#wait(this.#backoff.within(advice.window), cause);
      case 'within':
        return this.#wait(this.#backoff.within(advice.window), cause);
      case 'at_once':
        return this.#wait(this.#backoff.atOnce(), cause);
      case 'backoff':
        return this.#wait(this.#backoff.next(), cause);
    }
  }

  /** The hub ended the connection with its token. One renewal may answer that; a second in a row would be a loop. */
  #renew(cause: Cause): void {
    if (this.#renewedAfterRefusal) return this.#end(cause);
    this.#renewedAfterRefusal = true;
    const attempt = this.#attempt;
    this.#set({ name: 'connecting', step: 'seat', attempt: this.#backoff.failures });
    this.#tokens.renew('refused').then(
      () => attempt === this.#attempt && this.#enter(),
      (error: unknown) => attempt === this.#attempt && this.#refused(error),
    );
  }

  #wait(ms: number, cause: Cause): void {
    const until = this.#environment.clock.now() + ms;
    this.#cancel();
    this.#cancel = this.#environment.clock.after(ms, () => this.#enter());
    this.#set({ name: 'waiting', until, attempt: this.#backoff.failures, cause });
  }

  #end(cause: Cause): void {
    this.#release();
    this.#reading.stop();
    this.#door.passes.forget();
    this.#exchange.stop();
    this.#set({ name: 'closed', cause });
  }

  /** Lets go of the socket: whatever it still says is another attempt's past. */
  #release(): Socket | undefined {
    const socket = this.#socket;
    this.#attempt += 1;
    this.#socket = undefined;
    this.#liveSince = undefined;
    this.#cancel();
    this.#exchange.interrupt();
    return socket;
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#show();
  }

  #show(): void {
    this.#shown.set(this.#reading.state ?? this.#state);
  }

  #told(time: HubTime): void {
    this.#door.clock.told(time);
    this.#times.tell(time);
  }

  #welcomed(welcome: Welcome): void {
    this.#told(welcome);
    if (isLoadLevel(welcome.load)) this.#load.set(welcome.load);
  }
}
