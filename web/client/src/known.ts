/** What is known now, for those who want to be told of it at once and at each change. */

import type { Cancel } from './environment.ts';
import { Listeners } from './listeners.ts';

export class Known<T> {
  readonly #listeners = new Listeners<T>();
  readonly #isSame: (one: T, other: T) => boolean;
  #value: T;

  constructor(value: T, isSame: (one: T, other: T) => boolean = Object.is) {
    this.#value = value;
    this.#isSame = isSame;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (this.#isSame(value, this.#value)) return;
    this.#value = value;
    this.#listeners.tell(value);
  }

  on(listener: (value: T) => void): Cancel {
    const stop = this.#listeners.add(listener);
    listener(this.#value);
    return stop;
  }
}
