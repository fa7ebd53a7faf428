/**
 * A memory in a browser's storage, or in anything that looks like one. It may be forbidden or full: then nothing is
 * remembered, and everything else works.
 */

import type { Memory } from './environment.ts';

/** What of `localStorage` and `sessionStorage` is used. */
export interface StorageLike {
  /** The value of a key, or `null`. */
  getItem(key: string): string | null;
  /** Puts a value under a key. */
  setItem(key: string, value: string): void;
  /** Takes a key out. */
  removeItem(key: string): void;
}

/**
 * A memory under names that begin with `prefix`. The storage is asked for each time, since naming it throws where it is
 * forbidden: `memoryIn(() => localStorage, 'my-app.')`.
 */
export function memoryIn(storage: () => StorageLike, prefix: string): Memory {
  const attempt = <T>(action: (storage: StorageLike) => T): T | undefined => {
    try {
      return action(storage());
    } catch {
      return undefined;
    }
  };
  return {
    read: (name) => attempt((place) => place.getItem(prefix + name)) ?? undefined,
    write: (name, word) =>
      void attempt((place) =>
        word === undefined ? place.removeItem(prefix + name) : place.setItem(prefix + name, word),
      ),
  };
}
