/**
 * The whole page: the entrance, where an account is chosen, and the room that it leads to.
 */

import { HubProblem, LoggedOut, type Environment } from '@preau/client';
import { askDemo, demoTokens, setDemoClock, type Demo } from './demo.ts';
import { Room } from './room.ts';
import { SchoolClock } from './school-clock.ts';
import { Store } from './store.ts';

/** Remembers the account of a demo across a reload of the page; never a token. */
export interface Memory {
  read(): string | undefined;
  write(account: string | undefined): void;
}

export type SchoolView =
  | { readonly name: 'asking' }
  /** The hub does not answer. */
  | { readonly name: 'unreachable' }
  /** No demo: log-in comes with the identity provider. */
  | { readonly name: 'no_login' }
  | { readonly name: 'entrance'; readonly demo: Demo; readonly trouble?: 'unreachable' | 'refused' }
  | { readonly name: 'entering'; readonly demo: Demo; readonly account: string }
  | { readonly name: 'inside'; readonly demo: Demo; readonly room: Room };

export class School {
  readonly view = new Store<SchoolView>({ name: 'asking' });
  readonly clock: SchoolClock;
  readonly #environment: Environment;
  readonly #memory: Memory;

  constructor(environment: Environment, memory: Memory) {
    this.#environment = environment;
    this.#memory = memory;
    this.clock = new SchoolClock(environment.clock);
  }

  /** Asks whether this is a demo, and enters at once if an account is remembered. */
  async start(): Promise<void> {
    this.view.set({ name: 'asking' });
    let demo: Demo | undefined;
    try {
      demo = await askDemo(this.#environment);
    } catch {
      return this.view.set({ name: 'unreachable' });
    }
    if (!demo) return this.view.set({ name: 'no_login' });
    this.clock.told(demo.school_time, demo.speed);
    this.view.set({ name: 'entrance', demo });
    const remembered = this.#memory.read();
    if (remembered !== undefined) await this.enter(remembered);
  }

  /** Logs in as a demo account. */
  async enter(account: string): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'entrance') return;
    const { demo } = value;
    this.view.set({ name: 'entering', demo, account });
    try {
      const token = demoTokens(this.#environment, account);
      const room = await Room.open(this.#environment, token, this.clock);
      this.#memory.write(account);
      this.view.set({ name: 'inside', demo, room });
    } catch (error) {
      const refused = error instanceof LoggedOut || (error instanceof HubProblem && error.status < 500);
      if (refused) this.#memory.write(undefined);
      this.view.set({ name: 'entrance', demo, trouble: refused ? 'refused' : 'unreachable' });
    }
  }

  /** Goes back to the entrance. */
  async leave(): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'inside') return;
    value.room.close();
    this.#memory.write(undefined);
    await this.start();
  }

  /** Sets the demo's clock for everybody; says whether the hub did it. */
  async setClock(change: { readonly school_time?: string; readonly speed?: number }): Promise<boolean> {
    try {
      const { school_time, speed } = await setDemoClock(this.#environment, change);
      this.clock.told(school_time, speed);
      return true;
    } catch {
      return false;
    }
  }
}
