/** What people are called. The wire carries identifiers only, so a name is known for oneself and for a demo's accounts. */

import type { Me } from '@preau/client';
import type { DemoAccount } from './demo.ts';

export interface Person {
  readonly name: string;
  /** One or two letters for the picture beside a message. */
  readonly initials: string;
  /** 0 to 5: which of the page's colours. Never the only way to tell people apart. */
  readonly tint: number;
}

const TINTS = 6;

function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => word !== '');
  return words
    .slice(0, 2)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toLocaleUpperCase();
}

function tint(account: string): number {
  return [...account].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9_973, 7) % TINTS;
}

export function personOf(account: string, me: Me, demo: readonly DemoAccount[]): Person {
  const mine = account === me.account ? `${me.given_name} ${me.family_name}` : undefined;
  const name = mine ?? demo.find((candidate) => candidate.account === account)?.name ?? account;
  return { name, initials: initials(name), tint: tint(account) };
}
