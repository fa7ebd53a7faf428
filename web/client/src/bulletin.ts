/**
 * What a school and the region say to everybody, also to those who wait: read without a token, gently, and only what has
 * changed.
 *
 * A bulletin that can't be read is asked for ever more rarely, and what was read before stays.
 */

import { within } from './deadline.ts';
import type { Cancel, Environment } from './environment.ts';
import { Listeners } from './listeners.ts';
import { isCount, isFields, isText, parseJson } from './shape.ts';

/** Between two readings: from this to half as much again, drawn by lot. */
const INTERVAL_MS = 60_000;
/** The most after readings that failed. */
const INTERVAL_MS_MAX = 600_000;
/** The first reading is spread over this: those who are sent away together do not read together. */
const FIRST_MS_MAX = 3_000;
const ANSWER_DEADLINE_MS = 15_000;

/** One announcement of a bulletin. */
export interface BulletinItem {
  /** School time in milliseconds since 1970. */
  readonly published_at: number;
  readonly kind: string;
  readonly body: { readonly title?: string; readonly text: string };
  readonly urgent?: boolean;
}

/** What the operators say of the hub itself. It comes with bulletins, and with the answers to whoever gets no seat. */
export interface Notice {
  readonly text: string;
  /** Its language (BCP 47), if the operators named one. */
  readonly lang?: string;
  /** School time in milliseconds since 1970. */
  readonly since: number;
}

/** What is known of the bulletins that are read. */
export interface Bulletin {
  /** The newest first. */
  readonly items: readonly BulletinItem[];
  /** Each text once, the oldest first. */
  readonly notices: readonly Notice[];
}

interface Page {
  readonly path: string;
  etag: string | undefined;
  items: readonly BulletinItem[];
  notice: Notice | undefined;
}

/** Reads bulletins while it is started. `Connection.bulletins` makes one. */
export class BulletinReader {
  readonly #environment: Environment;
  readonly #dated: (ms: number) => void;
  readonly #pages: readonly Page[];
  readonly #listeners = new Listeners<Bulletin>();
  #bulletin: Bulletin = { items: [], notices: [] };
  #readAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #isOnce = false;
  #cancel: Cancel | undefined;

  /** `dated` is told the hub's date at each answer. */
  constructor(
    environment: Environment,
    schools: readonly string[],
    dated: (ms: number) => void = () => undefined,
  ) {
    this.#environment = environment;
    this.#dated = dated;
    this.#pages = [...schools, 'region'].map((name) => ({
      path: `/v1/bulletin/${encodeURIComponent(name)}`,
      etag: undefined,
      items: [],
      notice: undefined,
    }));
  }

  /** Calls the listener with what is known now and at each change. */
  onChange(listener: (bulletin: Bulletin) => void): Cancel {
    const stop = this.#listeners.add(listener);
    listener(this.#bulletin);
    return stop;
  }

  /** Reads from now on, from time to time. */
  start(): void {
    if (this.#cancel && !this.#isOnce) return;
    this.stop();
    const rest = this.#readAt + INTERVAL_MS - this.#environment.clock.now();
    this.#arm(Math.max(rest, this.#environment.chance.fraction() * FIRST_MS_MAX));
  }

  /**
   * Reads once, unless that was done within the interval, and no more: for those who know at what hour they are let in, and
   * look again when they like.
   */
  once(): void {
    if (this.#isOnce && this.#cancel) return;
    this.stop();
    if (this.#environment.clock.now() - this.#readAt < INTERVAL_MS) return;
    this.#isOnce = true;
    this.#arm(this.#environment.chance.fraction() * FIRST_MS_MAX);
  }

  /** Reads no more; what was read stays known. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#isOnce = false;
  }

  #arm(ms: number): void {
    this.#cancel = this.#environment.clock.after(ms, () => void this.#read());
  }

  async #read(): Promise<void> {
    const { clock, chance } = this.#environment;
    const mine = this.#cancel;
    this.#readAt = clock.now();
    const outcomes = await Promise.all(this.#pages.map((page) => this.#turn(page)));
    this.#failures = outcomes.includes('failed') ? this.#failures + 1 : 0;
    if (outcomes.includes('changed')) this.#tell();
    // Stopped, or started anew, while it was under way.
    if (this.#cancel !== mine) return;
    if (this.#isOnce) return this.stop();
    const interval = Math.min(INTERVAL_MS_MAX, INTERVAL_MS * 2 ** Math.min(this.#failures, 10));
    this.#arm(interval * (1 + chance.fraction() / 2));
  }

  async #turn(page: Page): Promise<'changed' | 'same' | 'failed'> {
    const { clock, hub } = this.#environment;
    const headers = {
      accept: 'application/json',
      ...(page.etag === undefined ? {} : { 'if-none-match': page.etag }),
    };
    try {
      const request = this.#environment.request({ method: 'GET', url: hub + page.path, headers });
      const answer = await within(clock, ANSWER_DEADLINE_MS, request);
      if (answer.date !== undefined) this.#dated(answer.date);
      if (answer.status === 304) return 'same';
      const read = answer.status === 200 ? bulletinIn(parseJson(answer.text)) : undefined;
      if (!read) return 'failed';
      Object.assign(page, read, { etag: answer.etag });
      return 'changed';
    } catch {
      return 'failed';
    }
  }

  #tell(): void {
    const items = this.#pages.flatMap((page) => page.items);
    const notices = this.#pages.flatMap(({ notice }) => notice ?? []);
    this.#bulletin = {
      items: items.sort((one, other) => other.published_at - one.published_at),
      notices: notices
        .filter(({ text }, index) => notices.findIndex((notice) => notice.text === text) === index)
        .sort((one, other) => one.since - other.since),
    };
    this.#listeners.tell(this.#bulletin);
  }
}

function isItem(value: unknown): value is BulletinItem {
  if (!isFields(value) || !isFields(value['body'])) return false;
  const { title, text } = value['body'];
  return (
    isCount(value['published_at']) &&
    isText(value['kind']) &&
    isText(text) &&
    (title === undefined || isText(title)) &&
    (value['urgent'] === undefined || typeof value['urgent'] === 'boolean')
  );
}

export function isNotice(value: unknown): value is Notice {
  return (
    isFields(value) &&
    isText(value['text']) &&
    isCount(value['since']) &&
    (value['lang'] === undefined || isText(value['lang']))
  );
}

function bulletinIn(value: unknown): Pick<Page, 'items' | 'notice'> | undefined {
  if (!isFields(value)) return undefined;
  const { publications: items } = value;
  if (!Array.isArray(items) || !items.every(isItem)) return undefined;
  const notice = value['notice'] ?? undefined;
  if (notice !== undefined && !isNotice(notice)) return undefined;
  return { items, notice };
}
