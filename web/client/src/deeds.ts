/**
 * What is done in lessons and stands in no log: a bounded list, each sent once.
 *
 * A deed that the line was lost under is not sent again: whether it still makes sense is for `class-lesson.ts` to say.
 */

import type { PassingDeed } from './lesson-messages.ts';
import type { ClientMessage, Refusal } from './messages.ts';
import { PublishRejected } from './outgoing.ts';

/** Deeds waiting or under way. More: rejected with `queue_full`. */
export const DEEDS_MAX = 32;

/** The code of a deed whose line was lost, or that there was no line for. */
export const INTERRUPTED = 'interrupted';

interface Entry {
  readonly channel: string;
  readonly deed: PassingDeed;
  readonly resolve: () => void;
  readonly reject: (rejection: PublishRejected) => void;
  /** The request under way. */
  id: number | undefined;
}

export class Deeds {
  #entries: Entry[] = [];

  add(channel: string, deed: PassingDeed): Promise<void> {
    if (this.#entries.length >= DEEDS_MAX) {
      return Promise.reject(new PublishRejected('queue_full', `${DEEDS_MAX} deeds wait already`));
    }
    return new Promise((resolve, reject) => {
      this.#entries.push({ channel, deed, resolve, reject, id: undefined });
    });
  }

  /** The next deed to send, under this request id. */
  next(id: () => number): ClientMessage | undefined {
    const entry = this.#entries.find((candidate) => candidate.id === undefined);
    if (!entry) return undefined;
    entry.id = id();
    return { type: 'lesson', id: entry.id, channel: entry.channel, ...entry.deed };
  }

  done(id: number): void {
    this.#remove(id)?.resolve();
  }

  /** Whether the refusal was for a deed. */
  refused(refusal: Refusal): boolean {
    const entry = this.#remove(refusal.id);
    entry?.reject(new PublishRejected(refusal.code, refusal.message));
    return entry !== undefined;
  }

  /** The connection is gone. */
  interrupted(): void {
    const entries = this.#entries;
    this.#entries = [];
    for (const { reject } of entries) reject(new PublishRejected(INTERRUPTED, 'the line was lost'));
  }

  #remove(id: number | undefined): Entry | undefined {
    const index = this.#entries.findIndex((entry) => entry.id !== undefined && entry.id === id);
    return index < 0 ? undefined : this.#entries.splice(index, 1)[0];
  }
}
