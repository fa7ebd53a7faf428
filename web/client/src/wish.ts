/**
 * Something of one's own that the hub keeps in its memory alone: what one wants, and what the hub last said of it.
 *
 * What one wants is shown at once. The hub's word stands against it only while nothing is under way; a wish that the line
 * was lost under stays a wish, and is said again.
 */

import { INTERRUPTED } from './deeds.ts';
import { PublishRejected } from './outgoing.ts';

export class Wish<T> {
  readonly #none: T;
  #value: T;
  #underWay = 0;
  #isUnheard = false;

  /** Begins as what it is for whoever has asked for nothing. */
  constructor(none: T) {
    this.#none = none;
    this.#value = none;
  }

  get value(): T {
    return this.#value;
  }

  /** Whether the line was lost under the last wish: the hub may know nothing of it. */
  get isUnheard(): boolean {
    return this.#isUnheard;
  }

  /** The hub said how it is. */
  told(value: T): void {
    if (this.#underWay > 0) return;
    this.#value = value;
    this.#isUnheard = false;
  }

  forget(): void {
    this.#value = this.#none;
    this.#isUnheard = false;
  }

  /** Wants this, and asks for it; what the hub refused is wanted no longer. */
  async ask(value: T, deed: () => Promise<void>): Promise<void> {
    const before = this.#value;
    this.#value = value;
    this.#underWay += 1;
    this.#isUnheard = false;
    try {
      await deed();
    } catch (error) {
      const isLost = error instanceof PublishRejected && error.code === INTERRUPTED;
      if (this.#value === value) this.#isUnheard = isLost;
      if (!isLost && this.#value === value) this.#value = before;
      throw error;
    } finally {
      this.#underWay -= 1;
    }
  }
}
