/** One list of what is to be handed in, from every class, by day of the school's calendar. */

import type { Connection, Publication } from '@preau/client';
import { civil, dayAfter, type SchoolTime } from './school-clock.ts';
import { Store, type Readable } from './store.ts';

/** Assignments asked for per class at the start. */
const PAGE = 100;
/** Assignments kept. More: those due first leave first, for they are the oldest. */
const ASSIGNMENTS_MAX = 1_000;

export type Assignment = Publication & { readonly kind: 'assignment' };

export type DueGroupName = 'late' | 'today' | 'tomorrow' | 'week' | 'later';

export interface DueGroup {
  readonly name: DueGroupName;
  readonly assignments: readonly Assignment[];
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
function earlier(a: Assignment, b: Assignment): number {
  const [first, second] = [dueMinute(a.body.due), dueMinute(b.body.due)];
  return first < second ? -1 : Number(first > second);
}

/** Groups assignments by how soon they are due at a civil minute. */
export function groups(assignments: Iterable<Assignment>, now: string): DueGroup[] {
  const groupOf = sorter(now);
  const byName = new Map<DueGroupName, Assignment[]>(NAMES.map((name) => [name, []]));
  for (const assignment of assignments) {
    const name = groupOf(assignment.body.due);
    if (name) byName.get(name)?.push(assignment);
  }
  return [...byName]
    .filter(([, held]) => held.length > 0)
    .map(([name, held]) => ({ name, assignments: held.sort(earlier) }));
}

export class DueModel {
  readonly view = new Store<DueView>({ groups: [], complete: false });
  readonly #connection: Connection;
  readonly #assignments = new Map<string, Assignment>();
  /** Channels whose past is not read, with the number of the last try: an answer to an earlier one is dropped. */
  readonly #missing = new Map<string, number>();
  readonly #stop: () => void;
  #now: string | undefined;

  constructor(connection: Connection, channels: readonly string[], time: Readable<SchoolTime>, zone: string) {
    this.#connection = connection;
    for (const channel of channels) this.#missing.set(channel, 0);
    this.#stop = time.subscribe(({ ms }) => {
      this.#now = ms === undefined ? undefined : civil(ms, zone);
      this.#show();
    });
  }

  /** Reads the past of every channel where that has not succeeded yet. */
  refill(): void {
    for (const channel of this.#missing.keys()) void this.#read(channel);
  }

  /** Takes up what a feed shows; anything but an assignment is ignored. */
  add(publication: Publication): void {
    if (this.#take(publication)) this.#show();
  }

  /** Forgets a channel whose feed begins anew, and reads its past again. */
  renew(channel: string): void {
    for (const [key, assignment] of this.#assignments) {
      if (assignment.channel === channel) this.#assignments.delete(key);
    }
    this.#missing.set(channel, this.#missing.get(channel) ?? 0);
    void this.#read(channel);
  }

  stop(): void {
    this.#stop();
  }

  #take(publication: Publication): boolean {
    if (publication.kind !== 'assignment') return false;
    const { epoch, offset } = publication.position;
    this.#assignments.set(`${publication.channel} ${epoch} ${offset}`, publication);
    if (this.#assignments.size > ASSIGNMENTS_MAX) {
      const [oldest] = [...this.#assignments].sort(([, a], [, b]) => earlier(a, b));
      if (oldest) this.#assignments.delete(oldest[0]);
    }
    return true;
  }

  async #read(channel: string): Promise<void> {
    const attempt = (this.#missing.get(channel) ?? 0) + 1;
    this.#missing.set(channel, attempt);
    this.#show();
    try {
      const page = await this.#connection.http.history(channel, { kind: 'assignment', limit: PAGE });
      if (this.#missing.get(channel) !== attempt) return;
      this.#missing.delete(channel);
      for (const publication of page.publications) this.#take(publication);
      this.#show();
    } catch {
      // The list says that it may be incomplete; the next connection tries again.
    }
  }

  #show(): void {
    const complete = this.#missing.size === 0;
    const now = this.#now;
    this.view.set({ groups: now === undefined ? [] : groups(this.#assignments.values(), now), complete });
  }
}
