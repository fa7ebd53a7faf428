/**
 * The words of a lesson by their place in the class's log: those that passed, and those that the lesson points to and that
 * have to be asked for. Bounded, for a lesson of a whole day must not grow a page without end.
 */

import type { Cancel, Clock, HistoryPage, HistoryQuery, Lesson, Position, Publication } from '@preau/client';

/** Publications whose words are kept. More: the oldest that the lesson does not point to are forgotten. */
const KEPT_MAX = 600;
/** How long what the lesson points to may come by itself, with the replay, before it is asked for. */
const SEEK_MS = 1_000;
/** Questions and proposals that are asked for at once; a lesson counts no more of them. */
const PAGE = 128;

export interface WordsParts {
  readonly clock: Clock;
  readonly history: (query: HistoryQuery) => Promise<HistoryPage>;
  /** Words came that were asked for. */
  readonly came: () => void;
}

export class LessonWords {
  readonly #parts: WordsParts;
  readonly #held = new Map<number, Publication>();
  readonly #deleted = new Set<number>();
  /** What the lesson points to. */
  #pointed: ReadonlySet<number> = new Set();
  /** What was asked for; each is asked for once. */
  #sought = new Set<string>();

  #cancel: Cancel | undefined;

  constructor(parts: WordsParts) {
    this.#parts = parts;
  }

  /** Takes in what passes. Says whether it changes what a page shows of the lesson. */
  add(publication: Publication): boolean {
    const { kind, position, body } = publication;
    switch (kind) {
      case 'deletion':
        this.#deleted.add(body.at.offset);
        return this.#held.delete(body.at.offset) || this.#pointed.has(body.at.offset);
      case 'post':
      case 'question':
      case 'proposal':
        this.#keep(publication);
        return kind !== 'post' || this.#pointed.has(position.offset);
      case 'lesson':
        return true;
      default:
        return false;
    }
  }

  of(at: Position): Publication | undefined {
    return this.#held.get(at.offset);
  }

  isDeleted(at: Position): boolean {
    return this.#deleted.has(at.offset);
  }

  /** The lesson points to this, and somebody has reported that: what is not known of it is asked for. */
  want({ questions, proposals = [], pinned }: Lesson, reported: readonly Position[]): void {
    const asked = questions.map(({ at }) => at);
    const single = pinned ? [pinned, ...reported] : reported;
    this.#pointed = new Set([...asked, ...proposals, ...single].map(({ offset }) => offset));
    this.#cancel?.();
    this.#cancel = this.#parts.clock.after(SEEK_MS, () => {
      this.#seek('question', asked);
      this.#seek('proposal', proposals);
      for (const at of single.filter((place) => this.#isMissing(place))) {
        void this.#ask(`at ${at.offset}`, { from: at.offset - 1, limit: 1 });
      }
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  forget(): void {
    this.#held.clear();
    this.#deleted.clear();
    this.#sought = new Set();
  }

  #seek(kind: 'question' | 'proposal', all: readonly Position[]): void {
    const missing = all.filter((at) => this.#isMissing(at));
    const [first] = missing;
    const last = missing.at(-1);
    if (!first || !last) return;
    const query = { kind, from: first.offset - 1, limit: PAGE };
    void this.#ask(`${kind} ${first.offset} ${last.offset}`, query);
  }

  async #ask(what: string, query: HistoryQuery): Promise<void> {
    if (this.#sought.has(what)) return;
    this.#sought.add(what);
    try {
      const { publications } = await this.#parts.history(query);
      for (const publication of publications) {
        if (this.#isMissing(publication.position)) this.add(publication);
      }
      this.#parts.came();
    } catch {
      // The next change of the lesson asks again.
      this.#sought.delete(what);
    }
  }

  #isMissing({ offset }: Position): boolean {
    return !this.#held.has(offset) && !this.#deleted.has(offset);
  }

  #keep(publication: Publication): void {
    this.#held.set(publication.position.offset, publication);
    if (this.#held.size <= KEPT_MAX) return;
    for (const offset of this.#held.keys()) {
      if (this.#pointed.has(offset)) continue;
      this.#held.delete(offset);
      return;
    }
  }
}
