/**
 * Small guards over values of unknown shape, from which the parsers are built. Each says no instead of throwing.
 *
 * Lists of words grow: what fits but for a word that only a later hub knows can be told from what is broken, by looking twice.
 *
 * The bounds are those of the hub's `base/limits.rs`; the golden frames hold both sides to them.
 */

import {
  KINDS,
  LOAD_LEVELS,
  ROLES,
  SENT_KINDS,
  type Kind,
  type LoadLevel,
  type Position,
  type Role,
  type SentKind,
} from './messages.ts';

export type Fields = Readonly<Record<string, unknown>>;

const ID_BYTES_MAX = 96;
const IDENTIFIER = /^[A-Za-z0-9._\-~@{}+]+$/;
const EPOCH = /^[0-9a-f]{8}$/;

/** Set while something is looked at for the second time. */
let areLaterWordsTaken = false;

/** Looks again, while words of a later hub pass wherever a list of words stands. */
export function withLaterWords(look: () => boolean): boolean {
  areLaterWordsTaken = true;
  try {
    return look();
  } finally {
    areLaterWordsTaken = false;
  }
}

/** Whether it is one of these words, or may become one. */
export function isOneOf(words: readonly unknown[], value: unknown): boolean {
  return words.includes(value) || (areLaterWordsTaken && typeof value === typeof words[0]);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A whole number that JavaScript reads exactly, not below zero. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** A name that needs no quoting anywhere: roster identifiers and message ids. */
export function isIdentifier(value: unknown): value is string {
  return isText(value) && value.length <= ID_BYTES_MAX && IDENTIFIER.test(value);
}

/** The name of a channel, of any kind that the house knows. */
export function isChannel(value: unknown): value is string {
  if (!isText(value)) return false;
  if (value === 'region') return true;
  const colon = value.indexOf(':');
  const rest = value.slice(colon + 1);
  switch (value.slice(0, Math.max(colon, 0))) {
    case 'school':
    case 'class':
    case 'account':
    case 'bulletin':
      return isIdentifier(rest);
    case 'level': {
      const slash = rest.indexOf('/');
      return slash >= 0 && isIdentifier(rest.slice(0, slash)) && isIdentifier(rest.slice(slash + 1));
    }
    default:
      return areLaterWordsTaken && isIdentifier(rest);
  }
}

export function isPosition(value: unknown): value is Position {
  return isFields(value) && isText(value['epoch']) && EPOCH.test(value['epoch']) && isCount(value['offset']);
}

export function isRole(value: unknown): value is Role {
  return isOneOf(ROLES, value);
}

export function isKind(value: unknown): value is Kind {
  return (KINDS as readonly unknown[]).includes(value);
}

/** A kind that people send. */
export function isSentKind(value: unknown): value is SentKind {
  return SENT_KINDS.some((kind) => kind === value);
}

export function isLoadLevel(value: unknown): value is LoadLevel {
  return LOAD_LEVELS.some((level) => level === value) || (areLaterWordsTaken && isCount(value));
}

/** The roles that a publication is for: at least one. */
export function isAudience(value: unknown): value is readonly Role[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRole);
}

/** What `JSON.parse` gives, or `undefined` for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Guard = (value: unknown) => boolean;

/** What each field of an object has to be. */
export type Shape = Readonly<Record<string, Guard>>;

/** A field that may be absent. */
export const optional =
  (guard: Guard): Guard =>
  (value) =>
    value === undefined || guard(value);

/** A field that is always there, and may be empty. */
export const orNull =
  (guard: Guard): Guard =>
  (value) =>
    value === null || guard(value);

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** Whether the fields that a shape names are what it says. */
export function fits(value: unknown, shape: Shape): value is Fields {
  return isFields(value) && Object.entries(shape).every(([name, guard]) => guard(value[name]));
}

export function isListOf<T>(value: unknown, guard: (entry: unknown) => entry is T): value is readonly T[] {
  return Array.isArray(value) && value.every(guard);
}
