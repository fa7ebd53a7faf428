/** One list of what is to be handed in, from every class, by day of the school's calendar. */

import { fold, itemOf, type Connection, type Folded, type Publication } from '@preau/client';
import type { MarksView } from './marks.ts';
import { civil, dayAfter, type SchoolTime } from './school-clock.ts';
import { Store, type Readable } from './store.ts';

/** Assignments asked for per class at the start. */
const PAGE = 100;
/** Publications kept. More: those due first leave first, for they are the oldest. */
const PUBLICATIONS_MAX = 1_000;

export type Assignment = Publication & { readonly kind: 'assignment' };

/** Work to hand in, once in however many classes it was given. */
export interface Due {
  readonly key: string;
  readonly assignment: Assignment;
  /** The item, if it is one: then it can be ticked. */
  readonly item: string | undefined;
  /** By when, for this student. */
  readonly due: string;
  /** Whether that is a date of the student's own. */
  readonly isOwn: boolean;
  readonly isDone: boolean;
  readonly isChanged: boolean;
}

export type DueGroupName = 'late' | 'today' | 'tomorrow' | 'week' | 'later';

export interface DueGroup {
  readonly name: DueGroupName;
  readonly works: readonly Due[];
}

export interface DueView {
  readonly groups: readonly DueGroup[];
  /** Whether the past of every class has been read. */
  readonly complete: boolean;
}

const NAMES: readonly DueGroupName[] = ['late', 'today', 'tomorrow', 'week', 'later'];
/** How long what was missed stays on the list. */
const LATE_DAYS = 7;

/** A day without a time is due by its end. */
function dueMinute(due: string): string {
  return due.length === 10 ? `${due}T23:59` : due;
}

/** Says how soon a due date is at a civil minute; what has been late for long is on no list. */
function sorter(now: string): (due: string) => DueGroupName | undefined {
  const today = now.slice(0, 10);
  const [oldest, tomorrow, nextWeek] = [-LATE_DAYS, 1, 7].map((days) => dayAfter(today, days)) as [
    string,
    string,
    string,
  ];
  return (due) => {
    const day = due.slice(0, 10);
    if (dueMinute(due) < now) return day >= oldest ? 'late' : undefined;
    if (day === today) return 'today';
    if (day === tomorrow) return 'tomorrow';
    return day <= nextWeek ? 'week' : 'later';
  };
}

/** Civil times are written so that the order of their letters is the order of time. */
function earlier(a: { readonly due: string }, b: { readonly due: string }): number {
  const [first, second] = [dueMinute(a.due), dueMinute(b.due)];
  return first < second ? -1 : Number(first > second);
}

/** Groups work by how soon it is due at a civil minute. What is done is not late any more. */
export function groups(works: Iterable<Due>, now: string): DueGroup[] {
  const groupOf = sorter(now);
  const byName = new Map<DueGroupName, Due[]>(NAMES.map((name) => [name, []]));
  for (const work of works) {
    const name = groupOf(work.due);
    if (name && !(name === 'late' && work.isDone)) byName.get(name)?.push(work);
  }
  return [...byName]
    .filter(([, held]) => held.length > 0)
    .map(([name, held]) => ({ name, works: held.sort(earlier) }));
}

/** Work as one student has it. */
export function dueOf({ key, publication, isChanged }: Folded, { done, own }: MarksView): Due | undefined {
  if (publication.kind !== 'assignment') return undefined;
  const item = itemOf(publication);
  const ownDue = item === undefined ? undefined : own.get(item);
  return {
    key,
    assignment: publication,
    item,
    due: ownDue ?? publication.body.due,
    isOwn: ownDue !== undefined,
    isDone: item !== undefined && done.has(item),
    isChanged,
  };
}

export interface DueParts {
  readonly connection: Connection;
  readonly channels: readonly string[];
  readonly time: Readable<SchoolTime>;
  readonly zone: string;
  readonly marks: Readable<MarksView> & { readonly value: MarksView };
}

export class DueModel {
  readonly view = new Store<DueView>({ groups: [], complete: false });
  readonly #parts: DueParts;
  /** Assignments and withdrawals. */
  readonly #publications = new Map<string, Publication>();
  /** Channels whose past is not read, with the number of the last try: an answer to an earlier one is dropped. */
  readonly #missing = new Map<string, number>();
  readonly #stops: readonly (() => void)[];
  #now: string | undefined;

  constructor(parts: DueParts) {
    this.#parts = parts;
    for (const channel of parts.channels) this.#missing.set(channel, 0);
    this.#stops = [
      parts.time.subscribe(({ ms }) => {
        this.#now = ms === undefined ? undefined : civil(ms, parts.zone);
        this.#show();
      }),
      parts.marks.subscribe(() => this.#show()),
    ];
  }

  /** Reads the past of every channel where that has not succeeded yet. */
  refill(): void {
    for (const channel of this.#missing.keys()) void this.#read(channel);
  }

  /** Takes up what a feed shows; anything but assignments and withdrawals is ignored. */
  add(publication: Publication): void {
    if (this.#take(publication)) this.#show();
  }

  /** Forgets a channel whose feed begins anew, and reads its past again. */
  renew(channel: string): void {
    for (const [key, publication] of this.#publications) {
      if (publication.channel === channel) this.#publications.delete(key);
    }
    this.#missing.set(channel, this.#missing.get(channel) ?? 0);
    void this.#read(channel);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #take(publication: Publication): boolean {
    if (publication.kind !== 'assignment' && publication.kind !== 'withdrawal') return false;
    const { epoch, offset } = publication.position;
    this.#publications.set(`${publication.channel} ${epoch} ${offset}`, publication);
    if (this.#publications.size > PUBLICATIONS_MAX) this.#drop();
    return true;
  }

  /** Withdrawals have no date: the oldest goes before any work does, once they are many. */
  #drop(): void {
    const dueIn = ({ kind, body }: Publication) => (kind === 'assignment' ? body.due : '');
    const all = [...this.#publications].map(([key, publication]) => ({ key, due: dueIn(publication) }));
    const [oldest] = all.sort(earlier);
    if (oldest) this.#publications.delete(oldest.key);
  }

  async #read(channel: string): Promise<void> {
    const attempt = (this.#missing.get(channel) ?? 0) + 1;
    this.#missing.set(channel, attempt);
    this.#show();
    try {
      const { http } = this.#parts.connection;
      const pages = await Promise.all([
        http.history(channel, { kind: 'assignment', limit: PAGE }),
        http.history(channel, { kind: 'withdrawal', limit: PAGE }),
      ]);
      if (this.#missing.get(channel) !== attempt) return;
      this.#missing.delete(channel);
      for (const { publications } of pages) for (const publication of publications) this.#take(publication);
      this.#show();
    } catch {
      // The list says that it may be incomplete; the next connection tries again.
    }
  }

  #show(): void {
    const complete = this.#missing.size === 0;
    const now = this.#now;
    const marks = this.#parts.marks.value;
    const live = fold(this.#publications.values()).filter(({ isWithdrawn }) => !isWithdrawn);
    const works = live.flatMap((folded) => dueOf(folded, marks) ?? []);
    this.view.set({ groups: now === undefined ? [] : groups(works, now), complete });
  }
}
