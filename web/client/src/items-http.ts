/**
 * Items over HTTP: how many they reach, sending them, changing and withdrawing them, and what became of one's own.
 *
 * An item is named by its sender, so sending it again under that name is the same item. An edit names the version that it
 * replaces: another one that holds by now is the problem `version_conflict`.
 */

import { address, isAnything, type Caller } from './call.ts';
import type { AnnouncementBody, AssignmentBody, ReceiptBy, Role } from './messages.ts';
import { isSaid } from './said.ts';
import {
  fits,
  isAudience,
  isBoolean,
  isChannel,
  isCount,
  isFields,
  isIdentifier,
  isListOf,
  isRole,
  isText,
  optional,
} from './shape.ts';

/** Where something goes, and for whom. */
export interface Places {
  readonly places: readonly string[];
  /** Everybody who may follow them, if absent. */
  readonly audience?: readonly Role[];
}

/** How many people something is for, each once. */
export interface Reach {
  readonly total: number;
  readonly by_role: Readonly<Partial<Record<Role, number>>>;
  /** How many receipts there can be, if some are asked for. */
  readonly receipts?: number;
}

interface Timed {
  /** School time in milliseconds since 1970, if not now. */
  readonly publish_at?: number;
}

type Said<Body> = Omit<Body, 'item' | 'version' | 'earlier'>;

export interface NewAnnouncement extends Said<AnnouncementBody>, Places, Timed {
  readonly urgent?: { readonly reason: string };
}

export interface NewAssignment extends Said<AssignmentBody>, Places, Timed {}

/** An item to be sent, or a version of it. */
export type NewItem =
  | { readonly kind: 'announcement'; readonly content: NewAnnouncement }
  | { readonly kind: 'assignment'; readonly content: NewAssignment };

interface Registered {
  readonly item: string;
  readonly author: string;
  /** From 1; the one that holds. */
  readonly version: number;
  readonly withdrawn: boolean;
  readonly places: readonly string[];
  readonly audience: readonly Role[];
  readonly urgent: boolean;
  /** School time in milliseconds since 1970, as are the others. */
  readonly created_at: number;
  readonly changed_at: number;
  /** When it is published, if that is still to come. */
  readonly deliver_at?: number;
}

/** One's own item, as the hub's registry has it. */
export type Item = Registered &
  (
    | { readonly kind: 'announcement'; readonly body: AnnouncementBody }
    | { readonly kind: 'assignment'; readonly body: AssignmentBody }
  );

/** That a teacher's work would come late: at an hour when pupils should rest. */
export interface LateWarning {
  /** School time in milliseconds since 1970: a better moment to publish it. */
  readonly publish_at: number;
}

/** Where an item stands after it was sent. */
export interface Sent {
  readonly item: string;
  readonly version: number;
  /** When its copies are published, if not at once: school time in milliseconds since 1970. */
  readonly deliver_at?: number;
  readonly late?: LateWarning;
}

export interface ItemsPage {
  readonly items: readonly Item[];
  /** Where the next page begins, if there is one. */
  readonly next?: string;
}

/** One who has read. */
export interface ReceiptRow {
  /** The student, or the account that it stands for. */
  readonly subject: string;
  readonly given_name?: string;
  readonly family_name?: string;
  readonly at: number;
}

export interface Receipts {
  readonly count: number;
  readonly of: number;
  /** Who, if names were asked for when it was sent. */
  readonly receipts?: readonly ReceiptRow[];
}

export interface DoneRow {
  readonly student: string;
  readonly given_name?: string;
  readonly family_name?: string;
  /** When it was done, if it is. */
  readonly at?: number;
  /** This student's own date, if there is one. */
  readonly due?: string;
}

export interface Done {
  readonly count: number;
  readonly of: number;
  readonly students: readonly DoneRow[];
}

const plural = { announcement: 'announcements', assignment: 'assignments' } as const;

export class ItemsHttp {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** How many people something would be for. */
  reach(body: Places & { readonly receipt?: ReceiptBy }): Promise<Reach> {
    return this.#caller.call({ method: 'POST', path: '/v1/reach', body }, isReach);
  }

  /** Sends a new item. */
  compose(item: string, { kind, content }: NewItem): Promise<Sent> {
    const path = `/v1/${plural[kind]}`;
    return this.#caller.call({ method: 'POST', path, body: { item, ...content } }, isSent);
  }

  /** Replaces the version that holds. */
  edit(item: string, version: number, { kind, content }: NewItem): Promise<Sent> {
    const path = `/v1/${plural[kind]}/${encodeURIComponent(item)}`;
    return this.#caller.call({ method: 'PUT', path, body: { version, ...content } }, isSent);
  }

  /** Takes an item back, for good. */
  async withdraw(item: string): Promise<void> {
    await this.#caller.call({ method: 'DELETE', path: `/v1/items/${encodeURIComponent(item)}` }, isAnything);
  }

  /** One's own items, the newest first. */
  sent(query: { readonly before?: string; readonly limit?: number } = {}): Promise<ItemsPage> {
    return this.#caller.call({ method: 'GET', path: address('/v1/items', query) }, isItemsPage);
  }

  receipts(item: string): Promise<Receipts> {
    const path = `/v1/items/${encodeURIComponent(item)}/receipts`;
    return this.#caller.call({ method: 'GET', path }, isReceipts);
  }

  done(item: string): Promise<Done> {
    return this.#caller.call({ method: 'GET', path: `/v1/items/${encodeURIComponent(item)}/done` }, isDone);
  }

  /** Gives one student another due date, or the class's again. */
  async extend(item: string, student: string, due: string | null): Promise<void> {
    const path = `/v1/items/${encodeURIComponent(item)}/extensions/${encodeURIComponent(student)}`;
    const call =
      due === null
        ? ({ method: 'DELETE', path } as const)
        : ({ method: 'PUT', path, body: { due } } as const);
    await this.#caller.call(call, isAnything);
  }
}

function isReach(value: unknown): value is Reach {
  const isByRole = (counts: unknown) =>
    isFields(counts) && Object.entries(counts).every(([role, count]) => isRole(role) && isCount(count));
  return fits(value, { total: isCount, by_role: isByRole, receipts: optional(isCount) });
}

function isSent(value: unknown): value is Sent {
  return fits(value, {
    item: isIdentifier,
    version: isCount,
    deliver_at: optional(isCount),
    late: optional((late) => fits(late, { publish_at: isCount })),
  });
}

function isItem(value: unknown): value is Item {
  return (
    fits(value, {
      item: isIdentifier,
      kind: isText,
      author: isIdentifier,
      version: isCount,
      withdrawn: isBoolean,
      places: (places) => isListOf(places, isChannel),
      audience: isAudience,
      urgent: isBoolean,
      created_at: isCount,
      changed_at: isCount,
      deliver_at: optional(isCount),
    }) &&
    (value['kind'] === 'announcement' || value['kind'] === 'assignment') &&
    isSaid(value['kind'], value['body'])
  );
}

function isItemsPage(value: unknown): value is ItemsPage {
  return fits(value, { items: (items) => isListOf(items, isItem), next: optional(isText) });
}

const NAMES = { given_name: optional(isText), family_name: optional(isText) };

function isReceipts(value: unknown): value is Receipts {
  const isRow = (row: unknown): row is ReceiptRow =>
    fits(row, { subject: isIdentifier, at: isCount, ...NAMES });
  return fits(value, { count: isCount, of: isCount, receipts: optional((rows) => isListOf(rows, isRow)) });
}

function isDone(value: unknown): value is Done {
  const isRow = (row: unknown): row is DoneRow =>
    fits(row, { student: isIdentifier, at: optional(isCount), due: optional(isText), ...NAMES });
  return fits(value, { count: isCount, of: isCount, students: (rows) => isListOf(rows, isRow) });
}
