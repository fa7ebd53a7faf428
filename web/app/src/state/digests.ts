/** A guardian's digests, the newest first. Those of the past are read from the hub, as far as it keeps them. */

import type { Connection, DigestBody, Publication } from '@preau/client';
import { Store } from './store.ts';

/** Digests that are shown: some weeks of school days. */
export const DIGESTS_MAX = 30;

export interface DigestsView {
  readonly digests: readonly DigestBody[];
  /** Whether the past has been read. */
  readonly complete: boolean;
}

export class DigestsModel {
  readonly view = new Store<DigestsView>({ digests: [], complete: false });
  readonly #connection: Connection;
  readonly #channel: string;

  constructor(connection: Connection, channel: string) {
    this.#connection = connection;
    this.#channel = channel;
  }

  /** Reads the past, unless that has succeeded. */
  async refill(): Promise<void> {
    if (this.view.value.complete) return;
    try {
      const query = { kind: 'digest', limit: DIGESTS_MAX } as const;
      const page = await this.#connection.http.history(this.#channel, query);
      for (const publication of page.publications) this.add(publication);
      this.view.change({ complete: true });
    } catch {
      // The next connection tries again.
    }
  }

  /** Takes up a digest; anything else is ignored. There is one for a day. */
  add(publication: Publication): void {
    if (publication.kind !== 'digest') return;
    const { body } = publication;
    const others = this.view.value.digests.filter(({ date }) => date !== body.date);
    const digests = [...others, body].sort((a, b) => (a.date < b.date ? 1 : -1)).slice(0, DIGESTS_MAX);
    this.view.change({ digests });
  }

  /** The channel begins anew. */
  renew(): void {
    this.view.set({ digests: [], complete: false });
    void this.refill();
  }
}
