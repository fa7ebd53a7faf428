/**
 * One channel read over HTTP, for networks that let no WebSocket through: a fresh seat for each attempt, then events until
 * it ends, from the position that the subscription keeps.
 *
 * It reads only. What ends the whole line (the role's hours, operators, the account) is handed up; everything else is tried
 * again.
 */

import { Backoff, BACKOFF_DEFAULTS } from './backoff.ts';
import { adviceFor, causeOf, type Advice } from './close.ts';
import type { Cancel, Environment, HttpAnswer } from './environment.ts';
import { EventStream, type StreamEvent } from './event-stream.ts';
import type { LoadLevel, Welcome } from './messages.ts';
import { readServerMessage } from './parse.ts';
import { HubProblem, remedy } from './problem.ts';
import type { Place, Seat, Shown } from './seat.ts';
import { parseJson } from './shape.ts';
import type { Cause } from './state.ts';
import type { Subscription } from './subscription.ts';

/** The hub says something at least as often as on a socket; silence for longer is a dead line. */
const SILENCE_MS_MAX = 95_000;
/** Answers on a stream are to nobody's request. */
const NO_REQUEST = 0;

export interface StreamParts {
  readonly environment: Environment;
  readonly seat: (shown: Shown) => Promise<Seat | Place>;
  readonly news: StreamNews;
}

export interface StreamNews {
  /** It began or ceased to bring news. */
  changed(): void;
  load(level: LoadLevel): void;
  welcomed(welcome: Welcome): void;
  /** The roster changed: the channel may not be read any more. */
  unsubscribed(channel: string): void;
  suspended(times: { readonly opensAt: number | undefined; readonly schoolTime?: number | undefined }): void;
  /** For the whole account, for a time. */
  sentAway(advice: Advice, cause: Cause): void;
  /** For the whole account, for good. */
  ended(cause: Cause): void;
}

export class Stream {
  readonly subscription: Subscription;
  readonly #parts: StreamParts;
  readonly #backoff: Backoff;
  #ticket: string | undefined;
  #attempt = 0;
  #openSince: number | undefined;
  #heardAt = 0;
  #cancel: Cancel = () => undefined;
  #close: Cancel = () => undefined;

  constructor(parts: StreamParts, subscription: Subscription) {
    this.#parts = parts;
    this.subscription = subscription;
    this.#backoff = new Backoff(BACKOFF_DEFAULTS, parts.environment.chance);
    this.#enter();
  }

  /** Whether it brings news. */
  get isOpen(): boolean {
    return this.#openSince !== undefined;
  }

  stop(): void {
    this.#attempt += 1;
    this.#cancel();
    this.#close();
    this.#openSince = undefined;
    this.subscription.interrupted();
  }

  #enter(): void {
    const attempt = (this.#attempt += 1);
    this.#parts.seat(this.#ticket === undefined ? {} : { ticket: this.#ticket }).then(
      (answer) => attempt === this.#attempt && this.#answered(answer),
      (error: unknown) => attempt === this.#attempt && this.#refused(error),
    );
  }

  #answered(answer: Seat | Place): void {
    if (answer.load !== undefined) this.#parts.news.load(answer.load);
    if ('seat' in answer) return this.#open(answer.seat);
    this.#ticket = answer.ticket;
    this.#wait(Math.max(1_000, answer.retry_after_ms) + this.#parts.environment.chance.fraction() * 2_000);
  }

  #open(seat: string): void {
    const { environment } = this.#parts;
    const { channel } = this.subscription;
    const attempt = this.#attempt;
    const current = () => attempt === this.#attempt;
    const from = this.subscription.ask(NO_REQUEST).from;
    const position = typeof from === 'object' && 'position' in from ? from.position : undefined;
    const start = typeof from === 'object' && 'last' in from ? `&from=last-${from.last}` : '';
    const events = new EventStream();
    this.#ticket = undefined;
    this.#heardAt = environment.clock.now();
    this.#listen();
    this.#close =
      environment.stream?.(
        {
          url: `${environment.hub}/v1/stream?seat=${encodeURIComponent(seat)}&channel=${encodeURIComponent(channel)}${start}`,
          headers: {
            accept: 'text/event-stream',
            ...(position ? { 'last-event-id': `${position.epoch}-${position.offset}` } : {}),
          },
        },
        {
          refused: (answer) => current() && this.#refused(problemOf(answer)),
          received: (text) => current() && this.#received(events.take(text)),
          closed: () => current() && this.#lost({ retry: 'backoff' }),
        },
      ) ?? this.#close;
  }

  #received(events: StreamEvent[] | 'too_long'): void {
    const attempt = this.#attempt;
    this.#heardAt = this.#parts.environment.clock.now();
    if (events === 'too_long') return this.#lost({ retry: 'backoff' });
    for (const event of events) {
      if (event.name === 'close') return this.#closed(event.text);
      if (event.name === 'message') this.#message(event.text);
      // What was said may have ended this stream.
      if (attempt !== this.#attempt) return;
    }
  }

  #message(text: string): void {
    const value = parseJson(text);
    const parsed = readServerMessage(value);
    if (parsed.outcome === 'unknown') return;
    if (parsed.outcome === 'malformed') return this.#lost({ retry: 'backoff' });
    const { message } = parsed;
    const { subscription } = this;
    if ('channel' in message && message.channel !== subscription.channel) return;
    switch (message.type) {
      case 'welcome':
        this.#parts.environment.positions.belongTo?.(message.account);
        return this.#parts.news.welcomed(message);
      case 'resumed':
      case 'fresh':
      case 'reset':
        if (!subscription.asked(message.id)) return;
        this.#openSince = this.#parts.environment.clock.now();
        subscription.answered(message);
        return this.#parts.news.changed();
      case 'publication':
        // Without the reset that should have come before it: the next attempt is told where it stands.
        if (subscription.take(message) === 'foreign') this.#lost({ retry: 'backoff' });
        return;
      case 'behind':
        return subscription.behind();
      case 'caught_up':
        return subscription.caughtUp(message.position);
      case 'marked':
        return subscription.marked(message.mark);
      case 'load':
        return this.#parts.news.load(message.level);
      case 'unsubscribed':
        return this.#parts.news.unsubscribed(message.channel);
      default:
    }
  }

  /** The number and the reason of a close frame, or nothing if the hub says neither. */
  #closed(text: string): void {
    const [, number = '1006', reason = ''] = /^(\d{4}) ?(.*)$/.exec(text) ?? [];
    const advice = adviceFor(Number(number), reason);
    const cause = causeOf(Number(number), reason);
    if (advice.retry === 'suspended') return this.#parts.news.suspended(advice);
    if (advice.retry === 'ask') return this.#parts.news.sentAway(advice, cause);
    if (advice.retry !== 'never') return this.#lost(advice);
    this.#parts.news.ended(cause);
  }

  #refused(error: unknown): void {
    if (!(error instanceof HubProblem)) return this.#lost({ retry: 'backoff' });
    const { status, code, retryAfterMs, suspension } = error;
    if (suspension) return this.#parts.news.suspended(suspension);
    if (retryAfterMs !== undefined) {
      return this.#lost({ retry: 'within', window: [retryAfterMs, retryAfterMs * 1.2] });
    }
    // A seat that was too late or spent is worth another; what the roster forbids is the channel's end alone.
    const passing = remedy(code, status) !== 'none' || code.startsWith('seat_');
    if (passing) return this.#lost({ retry: 'backoff' });
    if (code === 'not_allowed') return this.#parts.news.unsubscribed(this.subscription.channel);
    this.#parts.news.ended({ kind: 'problem', status, code });
  }

  #lost(advice: Advice): void {
    const { clock } = this.#parts.environment;
    const wasOpen = this.#openSince;
    this.stop();
    this.#backoff.ended(wasOpen === undefined ? 0 : clock.now() - wasOpen);
    const ms =
      advice.retry === 'within'
        ? this.#backoff.within(advice.window)
        : advice.retry === 'at_once'
          ? this.#backoff.atOnce()
          : this.#backoff.next();
    this.#wait(ms);
    if (wasOpen !== undefined) this.#parts.news.changed();
  }

  #wait(ms: number): void {
    this.#cancel();
    this.#cancel = this.#parts.environment.clock.after(ms, () => this.#enter());
  }

  /** One timer that is moved, not set anew for each piece. */
  #listen(): void {
    const { clock } = this.#parts.environment;
    const left = this.#heardAt + SILENCE_MS_MAX - clock.now();
    this.#cancel();
    if (left <= 0) return this.#lost({ retry: 'backoff' });
    this.#cancel = clock.after(left, () => this.#listen());
  }
}

function problemOf({ status, text }: HttpAnswer): HubProblem {
  return HubProblem.from(status, parseJson(text));
}
