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

function groupOf(due: string, now: string): DueGroupName | undefined {
  const today = now.slice(0, 10);
  const day = due.slice(0, 10);
  if (dueMinute(due) < now) return day >= dayAfter(today, -LATE_DAYS) ? 'late' : undefined;
  if (day === today) return 'today';
  if (day === dayAfter(today, 1)) return 'tomorrow';
  return day <= dayAfter(today, 7) ? 'week' : 'later';
}

/** Groups assignments by how soon they are due at a civil minute. */
export function groups(assignments: Iterable<Assignment>, now: string): DueGroup[] {
  const sorted = [...assignments].sort((a, b) => dueMinute(a.body.due).localeCompare(dueMinute(b.body.due)));
  return NAMES.map((name) => ({
    name,
    assignments: sorted.filter(({ body }) => groupOf(body.due, now) === name),
  })).filter((group) => group.assignments.length > 0);
}

export class DueModel {
  readonly view = new Store<DueView>({ groups: [], complete: false });
  readonly #connection: Connection;
  readonly #assignments = new Map<string, Assignment>();
  /** Channels whose past is not read, with the number of the last try: an answer to an earlier one is dropped. */
  readonly #missing = new Map<string, number>();
  readonly #stop: () => void;
  #now: string | undefined;

  constructor(connection: Connection, channels: readonly string[], time: Readable<SchoolTime>) {
    this.#connection = connection;
    for (const channel of channels) this.#missing.set(channel, 0);
    this.#stop = time.subscribe(({ ms }) => {
      this.#now = ms === undefined ? undefined : civil(ms);
      this.#show();
    });
  }

  /** Reads the past of every channel where that has not succeeded yet. */
  refill(): void {
    for (const channel of this.#missing.keys()) void this.#read(channel);
  }

  /** Takes up what a feed shows; anything but an assignment is ignored. */
  add(publication: Publication): void {
    if (publication.kind !== 'assignment') return;
    const { epoch, offset } = publication.position;
    this.#assignments.set(`${publication.channel} ${epoch} ${offset}`, publication);
    if (this.#assignments.size > ASSIGNMENTS_MAX) {
      const [oldest] = [...this.#assignments].sort(([, a], [, b]) => a.body.due.localeCompare(b.body.due));
      if (oldest) this.#assignments.delete(oldest[0]);
    }
    this.#show();
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

  async #read(channel: string): Promise<void> {
    const attempt = (this.#missing.get(channel) ?? 0) + 1;
    this.#missing.set(channel, attempt);
    this.#show();
    try {
      const page = await this.#connection.http.history(channel, { kind: 'assignment', limit: PAGE });
      if (this.#missing.get(channel) !== attempt) return;
      this.#missing.delete(channel);
      for (const publication of page.publications) this.add(publication);
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
