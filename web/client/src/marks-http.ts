/** What an account says about items, over HTTP: that it has read one, that work is done; and how it wants its digest. */

import { isAnything, type Caller } from './call.ts';
import { fits, isBoolean, isCount, isIdentifier, isListOf, isText } from './shape.ts';

/** A tick of a student. */
export interface DoneMark {
  readonly item: string;
  /** School time in milliseconds since 1970. */
  readonly done_at: number;
}

/** A due date of one’s own. */
export interface OwnExtension {
  readonly item: string;
  readonly due: string;
}

/** What an account has said, and what a student was granted. */
export interface Marks {
  readonly done: readonly DoneMark[];
  readonly extensions: readonly OwnExtension[];
  /** The items that it gave a receipt for. */
  readonly receipts: readonly string[];
}

/** How often a guardian gets a digest. */
export const FREQUENCIES = ['off', 'daily', 'weekly'] as const;
/** One of `FREQUENCIES`. */
export type Frequency = (typeof FREQUENCIES)[number];

/** How a guardian wants to hear of the day. */
export interface Preferences {
  readonly digest: Frequency;
  /** Whether it also comes by e-mail. */
  readonly mail: boolean;
  /** Whether what is urgent comes by e-mail. */
  readonly urgent_mail: boolean;
  readonly language: string;
}

/** What holds between a student and the family. */
export interface Family {
  /** Whether the student is of age, and so decides. */
  readonly adult: boolean;
  /** Whether the family gets nothing about the student. */
  readonly stopped: boolean;
}

/** What the account says about items. `HubHttp.marks` is one. */
export class MarksHttp {
  readonly #caller: Caller;

  /** @internal `HubHttp` makes it. */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Everything that this account has said. */
  all(): Promise<Marks> {
    return this.#caller.call({ method: 'GET', path: '/v1/marks' }, isMarks);
  }

  /** “I have read this.” */
  async acknowledge(item: string): Promise<void> {
    const path = `/v1/items/${encodeURIComponent(item)}/receipt`;
    await this.#caller.call({ method: 'POST', path }, isAnything);
  }

  /** A student's own tick. */
  async done(item: string, isDone: boolean): Promise<void> {
    const path = `/v1/items/${encodeURIComponent(item)}/done`;
    await this.#caller.call({ method: 'PUT', path, body: { done: isDone } }, isAnything);
  }

  /** How the account wants its digests. */
  preferences(): Promise<Preferences> {
    return this.#caller.call({ method: 'GET', path: '/v1/preferences' }, isPreferences);
  }

  /** For students alone. */
  family(): Promise<Family> {
    return this.#caller.call({ method: 'GET', path: '/v1/family' }, isFamily);
  }

  /** A student of age stops what the family gets, or lets it go on. */
  stopFamily(stopped: boolean): Promise<Family> {
    return this.#caller.call({ method: 'PUT', path: '/v1/family', body: { stopped } }, isFamily);
  }

  /** Changes that, from the next digest on. */
  async prefer(body: Preferences): Promise<void> {
    await this.#caller.call({ method: 'PUT', path: '/v1/preferences', body }, isAnything);
  }
}

function isMarks(value: unknown): value is Marks {
  const isDone = (mark: unknown): mark is DoneMark => fits(mark, { item: isIdentifier, done_at: isCount });
  const isExtension = (own: unknown): own is OwnExtension => fits(own, { item: isIdentifier, due: isText });
  return fits(value, {
    done: (marks) => isListOf(marks, isDone),
    extensions: (own) => isListOf(own, isExtension),
    receipts: (items) => isListOf(items, isIdentifier),
  });
}

function isFamily(value: unknown): value is Family {
  return fits(value, { adult: isBoolean, stopped: isBoolean });
}

function isPreferences(value: unknown): value is Preferences {
  return fits(value, {
    digest: (word) => FREQUENCIES.some((frequency) => frequency === word),
    mail: isBoolean,
    urgent_mail: isBoolean,
    language: isText,
  });
}
