/** What the page takes from the browser: its environment, what it remembers, when it wakes, how it speaks. */

import { fromGlobals, type Environment, type Memory as DoorMemory } from '@preau/client';
import type { Language } from '../i18n/index.ts';
import type { Memory } from '../state/school.ts';

export function browserEnvironment(): Environment {
  return fromGlobals();
}

/** Storage that may be forbidden: then nothing is remembered, and everything else works. */
function kept(storage: () => Storage, key: string) {
  return {
    read(): string | undefined {
      try {
        return storage().getItem(key) ?? undefined;
      } catch {
        return undefined;
      }
    },
    write(value: string | undefined): void {
      try {
        if (value === undefined) storage().removeItem(key);
        else storage().setItem(key, value);
      } catch {
        // Forbidden or full: the choice holds until the page is closed.
      }
    },
  };
}

/** The demo account of this tab: two tabs may be two people. */
export const accountMemory: Memory = kept(() => sessionStorage, 'preau.account');

/** A place in the waiting room, across a reload of this tab; one for each account that it may be. */
export function doorMemory(account: string): DoorMemory {
  const slot = (name: string) => kept(() => sessionStorage, `preau.${name}.${account}`);
  return { read: (name) => slot(name).read(), write: (name, word) => slot(name).write(word) };
}

const languageMemory = kept(() => localStorage, 'preau.language');

export function preferredLanguage(): Language {
  const chosen =
    languageMemory.read() ?? navigator.languages.find((tag) => /^(fr|en)\b/.test(tag))?.slice(0, 2);
  return chosen === 'en' ? 'en' : 'fr';
}

export function rememberLanguage(language: Language): void {
  languageMemory.write(language);
  document.documentElement.lang = language;
}

/** Calls back when the page may have slept or the network may have changed. */
export function onWake(wake: () => void): () => void {
  const visible = () => {
    if (document.visibilityState === 'visible') wake();
  };
  addEventListener('online', wake);
  addEventListener('pageshow', wake);
  document.addEventListener('visibilitychange', visible);
  return () => {
    removeEventListener('online', wake);
    removeEventListener('pageshow', wake);
    document.removeEventListener('visibilitychange', visible);
  };
}

const clockMemory = kept(() => localStorage, 'preau.clock');

/** Tells the other tabs of this browser that the demo's clock was set. */
export function tellClockSet(): void {
  clockMemory.write(String(Date.now()));
}

/** Calls back when another tab has set it. */
export function onClockSet(told: () => void): () => void {
  const look = ({ key }: StorageEvent) => {
    if (key === 'preau.clock') told();
  };
  addEventListener('storage', look);
  return () => removeEventListener('storage', look);
}

/** Calls back with whether nobody can see the page, now and at each change. */
export function onHidden(told: (hidden: boolean) => void): () => void {
  const look = () => told(document.visibilityState === 'hidden');
  look();
  document.addEventListener('visibilitychange', look);
  return () => document.removeEventListener('visibilitychange', look);
}

/** Calls back when the page goes away, perhaps to be loaded again. */
export function onGone(gone: () => void): () => void {
  addEventListener('pagehide', gone);
  return () => removeEventListener('pagehide', gone);
}

/** Asks before the page is left while something is not stored. */
export function onLeaving(hasUnsent: () => boolean): () => void {
  const ask = (event: BeforeUnloadEvent) => {
    if (hasUnsent()) event.preventDefault();
  };
  addEventListener('beforeunload', ask);
  return () => removeEventListener('beforeunload', ask);
}
