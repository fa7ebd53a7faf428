/**
 * A guardian's digests, the newest first. Those of the past are read from the hub page by page, as far as it keeps them.
 *
 * A digest that was sent stays as it was; a child whose link is cut since is shown in none of them.
 */

import type { Connection, DigestBody, Publication } from '@preau/client';
import { Store } from './store.ts';

/** Digests that are kept on the page: more than a hub keeps by default. More: the oldest leave. */
export const DIGESTS_MAX = 60;
/** Digests asked for at once: two weeks of school days. */
const PAGE = 10;

export interface DigestsView {
  readonly digests: readonly DigestBody[];
  /** Whether the newest ones have been read. */
  readonly complete: boolean;
  /** What there is before those that are shown. */
  readonly earlier: 'unknown' | 'some' | 'none' | 'full' | 'loading' | 'failed';
}

const EMPTY: DigestsView = { digests: [], complete: false, earlier: 'unknown' };

export class DigestsModel {
  readonly view = new Store<DigestsView>(EMPTY);
  readonly #connection: Connection;
  readonly #channel: string;
  readonly #children: ReadonlySet<string>;
  /** The offset before which nothing was read yet. */
  #before: number | undefined;
  /** Counts beginnings: an answer for an earlier one is dropped. */
  #begun = 0;

  constructor(connection: Connection, channel: string, children: readonly string[]) {
    this.#connection = connection;
    this.#channel = channel;
    this.#children = new Set(children);
  }

  /** Reads the newest of the past, unless that has succeeded. */
  async refill(): Promise<void> {
    if (!this.view.value.complete && this.view.value.earlier !== 'loading') await this.#read();
  }

  /** Reads what came before those that are shown. */
  async loadEarlier(): Promise<void> {
    const { earlier } = this.view.value;
    if (earlier === 'some' || earlier === 'failed') await this.#read();
  }

  /** Takes up a digest; anything else is ignored. There is one for a day. */
  add(publication: Publication): void {
    if (publication.kind !== 'digest') return;
    const { body } = publication;
    const children = body.children.filter(({ child }) => this.#children.has(child));
    const others = this.view.value.digests.filter(({ date }) => date !== body.date);
    const all = [...others, { ...body, children }].sort((a, b) => (a.date < b.date ? 1 : -1));
    this.view.change({ digests: all.slice(0, DIGESTS_MAX) });
  }

  /** The channel begins anew. */
  renew(): void {
    this.#begun += 1;
    this.#before = undefined;
    this.view.set(EMPTY);
    void this.refill();
  }

  async #read(): Promise<void> {
    const begun = this.#begun;
    this.view.change({ earlier: 'loading' });
    const before = this.#before === undefined ? {} : { before: this.#before };
    const query = { kind: 'digest', limit: PAGE, ...before } as const;
    try {
      const page = await this.#connection.http.history(this.#channel, query);
      if (begun !== this.#begun) return;
      for (const publication of page.publications) this.add(publication);
      this.#before = page.through.offset;
      const isFull = this.view.value.digests.length >= DIGESTS_MAX;
      this.view.change({ complete: true, earlier: !page.more ? 'none' : isFull ? 'full' : 'some' });
    } catch {
      // The next connection tries again, or whoever asks for what was earlier.
      if (begun === this.#begun) this.view.change({ earlier: 'failed' });
    }
  }
}
