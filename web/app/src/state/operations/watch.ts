/**
 * The one stream that feeds the dashboard: opened, read, judged for its age, opened again.
 *
 * What is shown keeps its age: a wall that stands still must say so. Three seconds without a moment and the line counts as
 * lost, whatever the socket says; comments prove a line and no news. Nothing is asked for on a timer but the stream itself.
 */

import {
  Backoff,
  EventStream,
  HubProblem,
  type Cancel,
  type Environment,
  type StreamEvent,
} from '@preau/client';
import { Store } from '../store.ts';
import { lastTime, NO_BEATS, withBeat, withHistory } from './hour.ts';
import { readBeats, readMoment, type Beats, type Moment } from './moment.ts';
import type { Pass } from './pass.ts';

/** A moment is due each second. */
const LOST_AFTER_MS = 3_000;
/** Without a moment for so long the stream is given up and opened anew. */
const GIVEN_UP_AFTER_MS = 8_000;
const TICK_MS = 500;
/** A watch team is a few people: coming back soon costs nothing. */
const BACKOFF = { firstMs: 1_000, capMs: 5_000, stableMs: 5_000 };

/** Why nothing comes. */
export type Lost = 'silent' | 'unreachable' | 'draining' | 'busy' | 'outdated';

export interface WatchView {
  readonly moment: Moment | undefined;
  readonly hour: Beats;
  /** Whether what is shown is of now. */
  readonly isLive: boolean;
  /** How old what is shown is, in whole seconds. */
  readonly ageSeconds: number;
  readonly lost: Lost | undefined;
}

export class Watch {
  readonly view = new Store<WatchView>({
    moment: undefined,
    hour: NO_BEATS,
    isLive: false,
    ageSeconds: 0,
    lost: undefined,
  });
  readonly #environment: Environment;
  readonly #pass: Pass;
  readonly #ended: () => void;
  readonly #backoff: Backoff;
  #attempt = 0;
  #close: Cancel = () => undefined;
  #tick: Cancel = () => undefined;
  #retry: Cancel = () => undefined;
  /** When the last moment came, and when the present stream was opened. */
  #toldAt: number;
  #openedAt = 0;
  #isOpen = false;

  /** `ended` is called once, when the hub takes the log-in no longer. */
  constructor(environment: Environment, pass: Pass, ended: () => void) {
    this.#environment = environment;
    this.#pass = pass;
    this.#ended = ended;
    this.#backoff = new Backoff(BACKOFF, environment.chance);
    this.#toldAt = environment.clock.now();
  }

  start(): void {
    this.#open();
    this.#look();
  }

  stop(): void {
    this.#attempt += 1;
    this.#close();
    this.#tick();
    this.#retry();
  }

  /** Tries again at once: the page woke up, or somebody asks. */
  wake(): void {
    if (this.view.value.isLive) return;
    this.#close();
    this.#open();
  }

  #open(): void {
    const { clock, hub, stream } = this.#environment;
    const attempt = (this.#attempt += 1);
    const current = () => attempt === this.#attempt;
    const events = new EventStream();
    const since = lastTime(this.view.value.hour);
    this.#retry();
    this.#openedAt = clock.now();
    this.#isOpen = true;
    this.#close =
      stream?.(
        {
          url: `${hub}/v1/operator/stream${since === undefined ? '' : `?since=${since}`}`,
          headers: { accept: 'text/event-stream', ...this.#pass.headers() },
        },
        {
          received: (text) => current() && this.#received(events.take(text)),
          refused: ({ status, text }) => current() && this.#refused(status, text),
          closed: () => current() && this.#lost('unreachable'),
        },
      ) ?? this.#close;
  }

  #received(events: StreamEvent[] | 'too_long'): void {
    const attempt = this.#attempt;
    if (events === 'too_long') return this.#lost('outdated');
    for (const { name, text } of events) {
      if (attempt !== this.#attempt) return;
      if (name === 'history') this.#history(text);
      if (name === 'moment') this.#moment(text);
      if (name === 'end') this.#end(text);
    }
  }

  #history(text: string): void {
    const beats = readBeats(text);
    if (!beats) return this.#lost('outdated');
    this.view.change({ hour: withHistory(this.view.value.hour, beats) });
  }

  #moment(text: string): void {
    const moment = readMoment(text);
    if (!moment) return this.#lost('outdated');
    this.#toldAt = this.#environment.clock.now();
    this.view.set({
      moment,
      hour: withBeat(this.view.value.hour, moment.beat),
      isLive: true,
      ageSeconds: 0,
      lost: undefined,
    });
  }

  #end(text: string): void {
    const why = /"why":"(\w+)"/.exec(text)?.[1];
    if (why === 'renew') {
      this.#close();
      return this.#open();
    }
    if (why === 'token_expired') return this.#expired();
    if (why === 'not_allowed') return this.#logOut();
    this.#lost('draining');
  }

  #refused(status: number, text: string): void {
    if (status === 401) return this.#expired();
    if (status === 403) return this.#logOut();
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    this.#lost(HubProblem.from(status, value).code === 'busy' ? 'busy' : 'unreachable');
  }

  /** The token is over: the stream goes on with another, if there is one to be had. */
  #expired(): void {
    const attempt = (this.#attempt += 1);
    this.#close();
    this.#isOpen = false;
    void this.#pass.renew().then((renewal) => {
      if (attempt !== this.#attempt) return;
      if (renewal === 'renewed') this.#open();
      else if (renewal === 'over') this.#logOut();
      else this.#lost('unreachable');
    });
  }

  #logOut(): void {
    this.stop();
    this.#ended();
  }

  /** The stream is gone: another is opened after a while. What is shown stays, and grows old. */
  #lost(lost: Lost): void {
    const { clock } = this.#environment;
    this.#attempt += 1;
    this.#close();
    this.#isOpen = false;
    this.#backoff.ended(clock.now() - this.#openedAt);
    this.view.change({ lost });
    this.#retry();
    this.#retry = clock.after(this.#backoff.next(), () => this.#open());
  }

  /** Looks at the age of what is shown. */
  #look(): void {
    const { clock } = this.#environment;
    const ageMs = clock.now() - this.#toldAt;
    const isLive = this.view.value.moment !== undefined && ageMs < LOST_AFTER_MS;
    const ageSeconds = Math.floor(ageMs / 1_000);
    const { value } = this.view;
    if (value.isLive !== isLive || (!isLive && value.ageSeconds !== ageSeconds)) {
      this.view.change({ isLive, ageSeconds, lost: isLive ? undefined : (value.lost ?? 'silent') });
    }
    const silentMs = clock.now() - Math.max(this.#toldAt, this.#openedAt);
    if (this.#isOpen && silentMs >= GIVEN_UP_AFTER_MS) this.#lost(value.lost ?? 'silent');
    this.#tick = clock.after(TICK_MS, () => this.#look());
  }
}
