/**
 * Items over HTTP: how many they reach, sending them, changing and withdrawing them, and what became of one's own.
 *
 * An item is named by its sender, so sending it again under that name is the same item. An edit names the version that it
 * replaces: if another one holds by now, the problem is `version_conflict`.
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

/** What can be an item, with what it says. */
export type ItemContent =
  | { readonly kind: 'announcement'; readonly body: AnnouncementBody }
  | { readonly kind: 'assignment'; readonly body: AssignmentBody };

/** The kinds of items. */
export type ItemKind = ItemContent['kind'];

/** Where something goes, and for whom. */
export interface Places {
  readonly places: readonly string[];
  /** Everybody who may follow them, if absent. */
  readonly audience?: readonly Role[];
}

/** What is asked before something is sent. */
export interface Question extends Places {
  readonly kind: ItemKind;
  readonly receipt?: ReceiptBy;
}

/** How many people something is for, each once. */
export interface Reach {
  readonly recipients: number;
  readonly by_role: Readonly<Partial<Record<Role, number>>>;
  /** How many receipts there can be, if some are asked for. */
  readonly receipts?: number;
}

/** What is sent now would come out of school time. */
export interface Lateness {
  readonly why: string;
  /** The next school morning, in school time, if the calendar knows one. */
  readonly publish_at: number | null;
}

/** How something is sent, besides what it says. */
export interface Terms extends Places {
  /** School time in milliseconds since 1970, if not now. */
  readonly publish_at?: number;
  readonly urgent?: { readonly reason: string };
}

/** Where one copy is; one that waits for its time has no position yet. */
export interface ItemCopy {
  readonly channel: string;
  readonly deliver_at?: number;
}

/** One's own item, as the hub's registry has it. Times are school time in milliseconds since 1970. */
export type Item = ItemContent & {
  readonly id: string;
  readonly author: string;
  /** From 1; the one that holds. */
  readonly version: number;
  readonly withdrawn: boolean;
  readonly places: readonly string[];
  readonly audience: readonly Role[];
  readonly urgent: boolean;
  readonly created_at: number;
  readonly changed_at: number;
  /** When it was to be published, if not at once. */
  readonly publish_at?: number;
  /** Until when this version waits, so that another may replace it unseen. */
  readonly held_until?: number;
  /** Of what has just been sent. */
  readonly copies?: readonly ItemCopy[];
  /** Of what has just been sent: it comes out of school time somewhere. */
  readonly late?: Lateness | null;
};

/** A page of one’s own items. */
export interface ItemsPage {
  readonly items: readonly Item[];
  /** Where the next page begins, if there is one. */
  readonly next: string | null;
}

/** Somebody who gave a receipt, and when, in school time. */
export interface ReadBy {
  readonly account: string;
  readonly role: Role;
  readonly given_name: string;
  readonly family_name: string;
  readonly at: number;
}

/** How many have read an announcement. */
export interface Receipts {
  readonly receipt: ReceiptBy;
  readonly by_role: readonly { readonly role: Role; readonly read: number; readonly reached: number }[];
  /** Who, if names were asked for when it was sent. */
  readonly names?: readonly ReadBy[];
  /** Whether there are more names: `after` the last one's account. */
  readonly more: boolean;
}

/** Whether one student has done an assignment. */
export interface StudentDone {
  readonly account: string;
  /** Since when it is done, if it is. */
  readonly done_at?: number | null;
  /** The student's own date, if there is one. */
  readonly due?: string | null;
}

/** Who of one's classes has done an assignment. */
export interface ClassDone {
  readonly class: string;
  readonly done: number;
  readonly students: readonly StudentDone[];
}

const of = (kind: ItemKind) => `/v1/${kind}s`;
const named = (path: string, item: string) => `${path}/${encodeURIComponent(item)}`;

/** Announcements and assignments as wholes. `HubHttp.items` is one. */
export class ItemsHttp {
  readonly #caller: Caller;

  /** @internal `HubHttp` makes it. */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** How many people something would be for. */
  reach(body: Question): Promise<Reach> {
    return this.#caller.call({ method: 'POST', path: '/v1/reach', body }, isReach);
  }

  /** Whether what is sent to a channel now would come out of school time. */
  async lateness(channel: string): Promise<Lateness | undefined> {
    const path = address('/v1/publishing-advice', { channel });
    return (await this.#caller.call({ method: 'GET', path }, isAdvice)).late ?? undefined;
  }

  /** Sends a new item under this name. */
  compose(id: string, { kind, body }: ItemContent, terms: Terms): Promise<Item> {
    return this.#caller.call({ method: 'POST', path: of(kind), body: { id, ...terms, body } }, isItem);
  }

  /** Replaces the version that holds. Places and audience stay. */
  edit(id: string, version: number, { kind, body }: ItemContent): Promise<Item> {
    return this.#caller.call({ method: 'PUT', path: named(of(kind), id), body: { version, body } }, isItem);
  }

  /** Takes an item back, for good. */
  withdraw({ id, kind }: Pick<Item, 'id' | 'kind'>): Promise<Item> {
    return this.#caller.call({ method: 'DELETE', path: named(of(kind), id) }, isItem);
  }

  /** One's own items, the newest first. */
  sent(query: { readonly before?: string; readonly limit?: number } = {}): Promise<ItemsPage> {
    return this.#caller.call({ method: 'GET', path: address('/v1/items', query) }, isItemsPage);
  }

  /** How many have read an announcement, and, where that may be seen, who. */
  receipts(id: string, query: { readonly after?: string } = {}): Promise<Receipts> {
    const path = address(`${named('/v1/items', id)}/receipts`, query);
    return this.#caller.call({ method: 'GET', path }, isReceipts);
  }

  /** Who of one's classes has done an assignment. */
  async done(id: string): Promise<readonly ClassDone[]> {
    const path = `${named('/v1/items', id)}/done`;
    return (await this.#caller.call({ method: 'GET', path }, isClassesDone)).classes;
  }

  /** Gives one student another due date, or the class's again. */
  async extend(id: string, student: string, due: string | null): Promise<void> {
    const path = named(`${named('/v1/items', id)}/extensions`, student);
    await this.#caller.call({ method: 'PUT', path, body: { due } }, isAnything);
  }
}

/** A field that may be absent or nothing. */
const orNothing = (guard: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || value === null || guard(value);

/** A list of which each entry has these fields. */
const listOf = (shape: Parameters<typeof fits>[1]) => (value: unknown) =>
  isListOf(value, (entry): entry is object => fits(entry, shape));

function isReach(value: unknown): value is Reach {
  const isByRole = (counts: unknown) =>
    isFields(counts) && Object.entries(counts).every(([role, count]) => isRole(role) && isCount(count));
  return fits(value, { recipients: isCount, by_role: isByRole, receipts: optional(isCount) });
}

function isAdvice(value: unknown): value is { late: Lateness | null } {
  return fits(value, { late: isLate });
}

const isLate = orNothing((late) => fits(late, { why: isText, publish_at: orNothing(isCount) }));

const ITEM = {
  id: isIdentifier,
  kind: isText,
  author: isIdentifier,
  version: isCount,
  withdrawn: isBoolean,
  places: (places: unknown) => isListOf(places, isChannel),
  audience: isAudience,
  urgent: isBoolean,
  created_at: isCount,
  changed_at: isCount,
  publish_at: optional(isCount),
  held_until: optional(isCount),
  copies: optional(listOf({ channel: isChannel, deliver_at: optional(isCount) })),
  late: isLate,
};

function isItem(value: unknown): value is Item {
  if (!fits(value, ITEM)) return false;
  const { kind, body } = value;
  return (kind === 'announcement' || kind === 'assignment') && isSaid(kind, body);
}

function isItemsPage(value: unknown): value is ItemsPage {
  return fits(value, { items: (items) => isListOf(items, isItem), next: orNothing(isText) });
}

function isReceipts(value: unknown): value is Receipts {
  const name = { account: isIdentifier, role: isRole, given_name: isText, family_name: isText, at: isCount };
  return fits(value, {
    receipt: isText,
    by_role: listOf({ role: isRole, read: isCount, reached: isCount }),
    names: optional(listOf(name)),
    more: isBoolean,
  });
}

function isClassesDone(value: unknown): value is { classes: readonly ClassDone[] } {
  const student = { account: isIdentifier, done_at: orNothing(isCount), due: orNothing(isText) };
  return fits(value, { classes: listOf({ class: isIdentifier, done: isCount, students: listOf(student) }) });
}
