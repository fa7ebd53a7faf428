/** The desk of whoever sends: their own items, the one that is looked at, and the form. */

import type { ClassDone, Item, ReadBy } from '@preau/client';
import { ItemFormModel, type Begun } from './item-form.ts';
import type { Room } from './room.ts';
import { Store } from './store.ts';

/** How far a sent item has come with its readers. */
export interface Progress {
  readonly count: number;
  readonly of: number;
  /** Who has read it, if that may be seen. */
  readonly readers?: readonly ReadBy[];
  /** Whether there are readers beyond those. */
  readonly more?: boolean;
  /** By class, for an assignment. */
  readonly classes?: readonly ClassDone[];
}

export type Opened =
  | { readonly name: 'list' }
  | { readonly name: 'form'; readonly form: ItemFormModel }
  | { readonly name: 'item'; readonly item: Item };

export interface DeskView {
  readonly items: readonly Item[];
  readonly next: string | undefined;
  readonly state: 'loading' | 'ready' | 'failed';
  readonly opened: Opened;
  /** By item, as far as it was asked. */
  readonly progress: ReadonlyMap<string, Progress>;
  /** What went wrong with the last thing that was to be done. */
  readonly failed: 'withdraw' | 'extend' | 'readers' | undefined;
  /** What has just been done, to be said once. */
  readonly done: 'sent' | 'scheduled' | 'edited' | 'withdrawn' | undefined;
  /** What has just been sent out of school time, and when it would not have been. */
  readonly late: { readonly item: Item; readonly publishAt: number | null } | undefined;
}

const desks = new WeakMap<Room, DeskModel>();

/** The desk of a room: what is being written there is kept for as long as the room. */
export function deskOf(room: Room): DeskModel {
  const desk = desks.get(room) ?? new DeskModel(room);
  desks.set(room, desk);
  return desk;
}

export class DeskModel {
  readonly view = new Store<DeskView>({
    items: [],
    next: undefined,
    state: 'loading',
    opened: { name: 'list' },
    progress: new Map(),
    failed: undefined,
    done: undefined,
    late: undefined,
  });
  readonly room: Room;

  constructor(room: Room) {
    this.room = room;
    room.reopened.subscribe((place) => place?.kind === 'desk' && this.list());
  }

  /** Reads the newest of one's items, or those after the ones that are shown. */
  async load(isMore = false): Promise<void> {
    const before = isMore ? this.view.value.next : undefined;
    this.view.change({ state: 'loading' });
    try {
      const page = await this.room.items.sent({ limit: 20, ...(before === undefined ? {} : { before }) });
      const items = isMore ? [...this.view.value.items, ...page.items] : page.items;
      this.view.change({ items, next: page.next ?? undefined, state: 'ready' });
      await Promise.all(page.items.map((item) => this.look(item)));
    } catch {
      this.view.change({ state: 'failed' });
    }
  }

  /** Asks how far an item has come, where there is something to ask. */
  async look(item: Item): Promise<void> {
    const found = await this.#progressOf(item).catch(() => undefined);
    if (found) this.view.change({ progress: new Map([...this.view.value.progress, [item.id, found]]) });
  }

  write(kind: Item['kind']): void {
    this.#begin({ kind });
  }

  edit(item: Item): void {
    this.#begin({ item });
  }

  show(item: Item): void {
    this.#open({ name: 'item', item });
    void this.look(item);
  }

  list(): void {
    this.#open({ name: 'list' });
  }

  async withdraw(item: Item): Promise<void> {
    try {
      await this.room.items.withdraw(item);
      this.view.change({ opened: { name: 'list' }, failed: undefined, done: 'withdrawn' });
      await this.load();
    } catch {
      this.view.change({ failed: 'withdraw' });
    }
  }

  /** Takes back what was sent out of school time, and opens it again for the hour at which it is not. */
  async postpone(): Promise<void> {
    const { late } = this.view.value;
    if (!late || late.publishAt === null) return;
    const { item: again, publishAt } = late;
    try {
      await this.room.items.withdraw(again);
      this.#begin({ again, publishAt });
    } catch {
      this.view.change({ failed: 'withdraw' });
    }
  }

  /** Gives one pupil another date, or the class's again. */
  async extend(item: Item, student: string, due: string | null): Promise<void> {
    try {
      await this.room.items.extend(item.id, student, due);
      this.view.change({ failed: undefined });
      await this.look(item);
    } catch {
      this.view.change({ failed: 'extend' });
    }
  }

  /** Reads who comes after the readers that are shown. */
  async moreReaders({ id }: Item): Promise<void> {
    const shown = this.view.value.progress.get(id);
    const last = shown?.readers?.at(-1);
    if (!shown || !last) return;
    try {
      const { names = [], more } = await this.room.items.receipts(id, { after: last.account });
      // Whoever looked again in the meantime has a list of their own.
      if (this.view.value.progress.get(id) !== shown) return;
      const readers = [...(shown.readers ?? []), ...names];
      const progress = new Map([...this.view.value.progress, [id, { ...shown, readers, more }] as const]);
      this.view.change({ progress, failed: undefined });
    } catch {
      this.view.change({ failed: 'readers' });
    }
  }

  async #progressOf(item: Item): Promise<Progress | undefined> {
    if (item.kind === 'assignment') {
      const classes = await this.room.items.done(item.id);
      for (const { class: id, students } of classes) {
        for (const { account } of students) this.room.people.spoke(`class:${id}`, account);
      }
      const sum = (count: (room: ClassDone) => number) => classes.reduce((all, room) => all + count(room), 0);
      const of = sum(({ students }) => students.length);
      return { count: sum(({ done }) => done), of, classes };
    }
    if (item.body.receipt === undefined) return undefined;
    const { by_role, names, more } = await this.room.items.receipts(item.id);
    const count = by_role.reduce((all, { read }) => all + read, 0);
    const of = by_role.reduce((all, { reached }) => all + reached, 0);
    return { count, of, ...(names === undefined ? {} : { readers: names, more }) };
  }

  #begin(begun: Begun): void {
    const form = new ItemFormModel(this.room, begun, (what, item) => this.#sent(what, item));
    this.#open({ name: 'form', form });
  }

  #open(opened: Opened): void {
    this.view.change({ opened, failed: undefined, done: undefined, late: undefined });
  }

  #sent(done: 'sent' | 'scheduled' | 'edited', item: Item): void {
    const late = done === 'sent' && item.late ? { item, publishAt: item.late.publish_at } : undefined;
    this.view.change({ opened: { name: 'list' }, failed: undefined, done, late });
    void this.load();
  }
}
