/** A part of the page that is fetched when somebody goes there: on its way, there, or not to be had. */

import { Store } from './store.ts';

export interface PartView<Made> {
  /** The part, once it is there. */
  readonly made?: Made;
  /** How often it was asked for and did not come. */
  readonly failures: number;
  readonly isAsking: boolean;
}

export class Part<Made> {
  readonly view = new Store<PartView<Made>>({ failures: 0, isAsking: false });
  readonly #fetch: (failures: number) => Promise<Made>;

  /** Asks for it at once; the way to fetch it is told how often it failed before. */
  constructor(fetch: (failures: number) => Promise<Made>) {
    this.#fetch = fetch;
    void this.ask();
  }

  /** Asks for it, unless it is there or on its way. */
  async ask(): Promise<void> {
    const { made, failures, isAsking } = this.view.value;
    if (made || isAsking) return;
    this.view.change({ isAsking: true });
    try {
      this.view.set({ made: await this.#fetch(failures), failures, isAsking: false });
    } catch {
      this.view.set({ failures: failures + 1, isAsking: false });
    }
  }
}
