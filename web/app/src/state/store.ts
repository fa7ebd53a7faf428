/**
 * A value that views watch. It follows the contract that Svelte reads with `$`, so view models need no Svelte.
 */

export interface Readable<T> {
  /** Calls the listener with the value now and whenever it changes. */
  subscribe(listener: (value: T) => void): () => void;
}

export class Store<T> implements Readable<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
    for (const listener of this.#listeners) listener(value);
  }

  /** Changes some fields of a value that is an object. */
  change(part: Partial<T>): void {
    this.set({ ...this.#value, ...part });
  }

  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#value);
    return () => void this.#listeners.delete(listener);
  }
}
