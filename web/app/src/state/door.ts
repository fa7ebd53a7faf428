/**
 * Where somebody stands who is not inside: in the waiting room, outside the hours, sent away, or here while they are at work
 * elsewhere.
 *
 * A question under way or a line that breaks does not move anybody: the place is shown until it is another.
 */

import { KICKED, type Cancel, type Clock, type Connection, type ConnectionState } from '@preau/client';
import { Store } from './store.ts';

export type DoorView =
  | { readonly name: 'open' }
  | {
      readonly name: 'queued';
      /** About how many come before. */
      readonly ahead: number;
      /** How many did at first: what there is to see of the way. */
      readonly most: number;
      /** About how long, once the queue was seen to move. */
      readonly minutes: number | undefined;
      /** Was inside before: what was read stays in sight. */
      readonly wasInside: boolean;
    }
  /** School time in milliseconds since 1970, if the hub knows it. */
  | { readonly name: 'suspended'; readonly opensAt: number | undefined }
  /** Sent away by an operator: about how long until this page asks again. */
  | { readonly name: 'kicked'; readonly minutes: number }
  | { readonly name: 'elsewhere' };

export class DoorModel {
  readonly view = new Store<DoorView>({ name: 'open' });
  readonly #leave: Cancel;
  readonly #clock: Clock;
  #cancel: Cancel = () => undefined;
  #wasInside = false;
  #first: { readonly ahead: number; readonly at: number } | undefined;

  constructor(connection: Connection, clock: Clock) {
    this.#clock = clock;
    this.#leave = connection.onState((state) => this.#moved(state));
  }

  readonly stop = (): void => {
    this.#cancel();
    this.#leave();
  };

  #moved(state: ConnectionState): void {
    this.#cancel();
    switch (state.name) {
      case 'queued':
        return this.view.set(this.#queued(state.ahead));
      case 'suspended':
        this.#first = undefined;
        return this.view.set({ name: 'suspended', opensAt: state.opensAt });
      case 'waiting': {
        if (state.cause.kind !== 'problem' || state.cause.code !== KICKED) return;
        this.#first = undefined;
        return this.#away(state.until);
      }
      case 'closed': {
        const isElsewhere = state.cause.kind === 'closed_by_hub' && state.cause.word === 'replaced';
        return this.view.set({ name: isElsewhere ? 'elsewhere' : 'open' });
      }
      case 'live':
      case 'reading':
        this.#wasInside = true;
        this.#first = undefined;
        return this.view.set({ name: 'open' });
      default:
    }
  }

  /** Says how long it takes yet, and again as the minutes pass. */
  #away(until: number): void {
    const minutes = Math.max(1, Math.ceil((until - this.#clock.now()) / 60_000));
    this.view.set({ name: 'kicked', minutes });
    const next = until - (minutes - 1) * 60_000 - this.#clock.now();
    if (minutes > 1) this.#cancel = this.#clock.after(Math.max(1, next), () => this.#away(until));
  }

  #queued(ahead: number): DoorView {
    const now = this.#clock.now();
    // The estimate may grow: then the way begins there.
    if (!this.#first || ahead > this.#first.ahead) this.#first = { ahead, at: now };
    const gone = this.#first.ahead - ahead;
    const minutes = gone > 0 ? Math.ceil((ahead * (now - this.#first.at)) / gone / 60_000) : undefined;
    return { name: 'queued', ahead, most: this.#first.ahead, minutes, wasInside: this.#wasInside };
  }
}
