/** Who may speak although everybody is muted: what a class's log says of it, which the hub tells in no other way. Pure. */

import type { Publication } from '@preau/client';

/** Mutes of one that are remembered since everybody was muted. More: the oldest are forgotten. */
const TURNS_MAX = 256;

type Turn = Publication & { readonly kind: 'lesson' };

export class LessonFloor {
  /** Since everybody was last muted, by their places. */
  #turns = new Map<number, Turn>();
  /** Where everybody was last muted or let speak, or a lesson began. */
  #since: number | undefined;

  /** Whether the log is known back to where everybody was muted. */
  get isKnown(): boolean {
    return this.#since !== undefined;
  }

  /** Takes in what stands in the log, in any order. */
  add(publication: Publication): void {
    if (publication.kind !== 'lesson') return;
    const { event } = publication.body;
    const { offset } = publication.position;
    if (event !== 'muted' && event !== 'unmuted' && event !== 'started') return;
    if (offset <= (this.#since ?? -1)) return;
    if (event !== 'started' && publication.body.account !== undefined) {
      this.#turns.set(offset, publication);
      if (this.#turns.size > TURNS_MAX) this.#turns.delete(Math.min(...this.#turns.keys()));
      return;
    }
    this.#since = offset;
    for (const turn of this.#turns.keys()) if (turn < offset) this.#turns.delete(turn);
  }

  /** Who was let speak alone since. */
  get exempt(): ReadonlySet<string> {
    const exempt = new Set<string>();
    for (const [, { body }] of [...this.#turns].sort(([one], [other]) => one - other)) {
      if (!('account' in body) || body.account === undefined) continue;
      if (body.event === 'unmuted') exempt.add(body.account);
      else exempt.delete(body.account);
    }
    return exempt;
  }

  forget(): void {
    this.#turns.clear();
    this.#since = undefined;
  }
}
