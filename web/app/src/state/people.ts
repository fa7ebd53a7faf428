/**
 * What people are called. Publications carry identifiers only; the hub says the names of a class to whoever follows it.
 *
 * A class is asked about when somebody unknown speaks there, and at most once a minute: an author who has left the class
 * stays unknown, and must not cost a request for each message.
 */

import type { Cancel, ClassPeople, Clock, Me } from '@preau/client';
import { Store } from './store.ts';

export interface Person {
  readonly name: string;
  /** One or two letters for the picture beside a message. */
  readonly initials: string;
  /** 0 to 5: which of the page's colours. Never the only way to tell people apart. */
  readonly tint: number;
}

/** Names by account. */
export type Names = ReadonlyMap<string, string>;

/** The shortest time between two questions about one class. */
export const ASK_AGAIN_MS = 60_000;
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

/** The school in whose name something is written in a channel that only its office writes in. */
function schoolOf(channel: string, me: Me): string | undefined {
  const [kind = '', rest = ''] = channel.split(':');
  if (!['school', 'level', 'bulletin'].includes(kind)) return undefined;
  return me.schools.find(({ id }) => id === rest.split('/')[0])?.name;
}

/** The author of something in a channel: by name, or in the name of the school or the region, or by identifier where nobody knows more. */
export function personOf(account: string, channel: string, me: Me, names: Names, region: string): Person {
  const isRegional = channel === 'region' || channel === 'bulletin:region';
  const name = names.get(account) ?? (isRegional ? region : schoolOf(channel, me)) ?? account;
  return { name, initials: initials(name), tint: tint(account) };
}

export interface PeopleParts {
  readonly clock: Clock;
  readonly me: Me;
  /** Asks the hub for the people of a class. */
  readonly ask: (classId: string) => Promise<ClassPeople>;
}

export class PeopleModel {
  /** Names by account: one's own and one's children's from the start. */
  readonly names: Store<Names>;
  readonly #parts: PeopleParts;
  /** By class: when its people were last asked for. */
  readonly #askedAt = new Map<string, number>();
  /** By class: the accounts of its students. */
  readonly #rooms = new Map<string, readonly string[]>();
  /** By class: the question that waits for its minute, and for whom. */
  readonly #waiting = new Map<string, { readonly authors: Set<string>; readonly cancel: Cancel }>();

  constructor(parts: PeopleParts) {
    this.#parts = parts;
    const known = [parts.me, ...(parts.me.children ?? [])];
    this.names = new Store<Names>(
      new Map(known.map(({ account, given_name, family_name }) => [account, `${given_name} ${family_name}`])),
    );
  }

  /** Somebody spoke in a channel: whoever is unknown there is asked for. */
  spoke(channel: string, author: string): void {
    if (!channel.startsWith('class:') || this.names.value.has(author)) return;
    const classId = channel.slice('class:'.length);
    const waiting = this.#waiting.get(classId);
    if (waiting) return void waiting.authors.add(author);
    const { clock } = this.#parts;
    const rest = (this.#askedAt.get(classId) ?? Number.NEGATIVE_INFINITY) + ASK_AGAIN_MS - clock.now();
    if (rest <= 0) return void this.#ask(classId);
    const authors = new Set([author]);
    const cancel = clock.after(rest, () => {
      this.#waiting.delete(classId);
      // The answer that was on its way, or another class's, may have named them.
      if ([...authors].some((name) => !this.names.value.has(name))) void this.#ask(classId);
    });
    this.#waiting.set(classId, { authors, cancel });
  }

  /** Asks who is of a class, unless that is known: for whoever has to see who is missing. */
  meet(channel: string): void {
    const classId = channel.slice('class:'.length);
    if (!this.#rooms.has(classId) && !this.#askedAt.has(classId)) void this.#ask(classId);
  }

  /** The students of a class, once somebody has asked. */
  studentsOf(channel: string): readonly string[] {
    return this.#rooms.get(channel.slice('class:'.length)) ?? [];
  }

  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  async #ask(classId: string): Promise<void> {
    this.#askedAt.set(classId, this.#parts.clock.now());
    try {
      const { people } = await this.#parts.ask(classId);
      const students = people.filter(({ role }) => role === 'student');
      this.#rooms.set(
        classId,
        students.map(({ account }) => account),
      );
      const names = people.map(
        ({ account, given_name, family_name }) => [account, `${given_name} ${family_name}`.trim()] as const,
      );
      this.names.set(new Map([...this.names.value, ...names.filter(([, name]) => name !== '')]));
    } catch {
      // Identifiers stay until somebody unknown speaks again.
    }
  }
}
