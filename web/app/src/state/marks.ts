/**
 * What the account has said about items: that it has read one, that its work is done; and the dates that it was granted.
 *
 * A tick shows at once and is taken back if the hub does not take it. What the hub said later than a tick was made counts.
 */

import type { MarksHttp, OwnMark } from '@preau/client';
import { Store } from './store.ts';

export interface MarksView {
  /** Items that are done. */
  readonly done: ReadonlySet<string>;
  /** Items that were said to be read. */
  readonly read: ReadonlySet<string>;
  /** By item: this student's own due date. */
  readonly own: ReadonlyMap<string, string>;
  /** Items whose last tick the hub did not take. */
  readonly failed: ReadonlySet<string>;
}

type Ticks = 'done' | 'read' | 'failed';

export class MarksModel {
  readonly view = new Store<MarksView>({
    done: new Set(),
    read: new Set(),
    own: new Map(),
    failed: new Set(),
  });
  readonly #http: MarksHttp;
  /** Items that were ticked, told or extended since the hub was last asked: its answer may be older. */
  #touched = new Set<string>();
  /** Items whose tick the hub has not answered. */
  readonly #pending = new Set<string>();
  #isAsking = false;
  #isStale = false;

  constructor(http: MarksHttp) {
    this.#http = http;
  }

  /** Asks the hub; once more if it is asked to while it waits for the answer. */
  async refill(): Promise<void> {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#isStale) await this.#ask();
    this.#isAsking = false;
  }

  /** The hub says how a mark stands that was made here or elsewhere, or that there were several. */
  told(mark: OwnMark | null): void {
    if (!mark) return void this.refill();
    this.#touched.add(mark.item);
    this.#put('done', mark.item, mark.done_at !== null);
  }

  /** The hub moved this student's date, or gave it back to the class. */
  extended(item: string, due: string | null): void {
    this.#touched.add(item);
    const own = new Map(this.view.value.own);
    if (due === null) own.delete(item);
    else own.set(item, due);
    this.view.change({ own });
  }

  /** Ticks work as done, or takes the tick away. */
  async tick(item: string, isDone: boolean): Promise<void> {
    await this.#try('done', item, isDone, () => this.#http.done(item, isDone));
  }

  /** “I have read this.” */
  async acknowledge(item: string): Promise<void> {
    await this.#try('read', item, true, () => this.#http.acknowledge(item));
  }

  async #ask(): Promise<void> {
    this.#isStale = false;
    this.#touched = new Set(this.#pending);
    try {
      const { done, receipts, extensions } = await this.#http.all();
      const { value } = this.view;
      const mine = <T>(entries: Iterable<T>, itemOf: (entry: T) => string) =>
        [...entries].filter((entry) => this.#touched.has(itemOf(entry)));
      const theirs = (items: readonly string[]) => items.filter((item) => !this.#touched.has(item));
      const self = (item: string) => item;
      const own = extensions.map(({ item, due }) => [item, due] as const);
      this.view.change({
        done: new Set([...theirs(done.map(({ item }) => item)), ...mine(value.done, self)]),
        read: new Set([...theirs(receipts), ...mine(value.read, self)]),
        own: new Map([
          ...own.filter(([item]) => !this.#touched.has(item)),
          ...mine(value.own, ([item]) => item),
        ]),
      });
    } catch {
      // The ticks stay as they are; the next connection asks again.
    }
  }

  async #try(which: Ticks, item: string, isSet: boolean, ask: () => Promise<void>): Promise<void> {
    this.#touched.add(item);
    this.#pending.add(item);
    this.#put('failed', item, false);
    this.#put(which, item, isSet);
    try {
      await ask();
    } catch {
      this.#put(which, item, !isSet);
      this.#put('failed', item, true);
    }
    this.#pending.delete(item);
  }

  #put(which: Ticks, item: string, isIn: boolean): void {
    const set = new Set(this.view.value[which]);
    if (isIn) set.add(item);
    else set.delete(item);
    this.view.change({ [which]: set });
  }
}
