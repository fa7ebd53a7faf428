/**
 * The whole page: the entrance, where an account is chosen, and the room that it leads to.
 */

import {
  BulletinReader,
  HubProblem,
  LoggedOut,
  positionsInMemory,
  type Bulletin,
  type Environment,
  type Memory as DoorMemory,
} from '@preau/client';
import { askDemo, demoTokens, setDemoClock, type Demo } from './demo.ts';
import { Room } from './room.ts';
import { SchoolClock } from './school-clock.ts';
import { Store } from './store.ts';

/** Remembers the account of a demo across a reload of the page; never a token. */
export interface Memory {
  read(): string | undefined;
  write(account: string | undefined): void;
}

/** Between a change of the roster and the room that is made of it, to half as much again: many may be changed at once. */
const RENEWAL_MS = 2_000;

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
  /** What the region says to those who are not inside. */
  readonly bulletin = new Store<Bulletin>({ items: [], notices: [] });
  readonly #reader: BulletinReader;
  readonly #doorMemory: ((account: string) => DoorMemory) | undefined;
  #stopFollowing: () => void = () => undefined;
  readonly #environment: Environment;
  readonly #memory: Memory;

  constructor(environment: Environment, memory: Memory, doorMemory?: (account: string) => DoorMemory) {
    this.#doorMemory = doorMemory;
    this.#reader = new BulletinReader(environment, []);
    this.#reader.onChange((bulletin) => this.bulletin.set(bulletin));
    this.#environment = environment;
    this.#memory = memory;
    this.clock = new SchoolClock(environment.clock);
  }

  /** Asks whether this is a demo, and enters at once if an account is remembered. */
  async start(): Promise<void> {
    this.view.set({ name: 'asking' });
    this.#reader.start();
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
    await this.#enter(demo, account);
  }

  async #enter(demo: Demo, account: string): Promise<void> {
    try {
      this.#inside(demo, await this.#open(account));
    } catch (error) {
      const refused = error instanceof LoggedOut || (error instanceof HubProblem && error.status < 500);
      if (refused) this.#memory.write(undefined);
      this.view.set({ name: 'entrance', demo, trouble: refused ? 'refused' : 'unreachable' });
    }
  }

  #open(account: string): Promise<Room> {
    const token = demoTokens(this.#environment, account);
    const memory = this.#doorMemory?.(account);
    // Each room has read what it shows: two of them can't share their places in the feeds.
    const environment = {
      ...this.#environment,
      positions: positionsInMemory(),
      ...(memory ? { memory } : {}),
    };
    return Room.open(environment, token, this.clock);
  }

  #inside(demo: Demo, room: Room): void {
    this.#memory.write(room.me.account);
    this.#reader.stop();
    this.#stopFollowing = this.#followRoster(room);
    this.view.set({ name: 'inside', demo, room });
  }

  /** Goes back to the entrance. */
  async leave(): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'inside') return;
    this.#close(value.room);
    this.#memory.write(undefined);
    await this.start();
  }

  /** Takes the room back that another page has taken. */
  async comeBack(): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'inside') return;
    this.#close(value.room);
    this.view.set({ name: 'entrance', demo: value.demo });
    await this.enter(value.room.me.account);
  }

  #close(room: Room): void {
    this.#stopFollowing();
    room.close();
  }

  /** The page is looked at again, or another tab set the demo's clock: whoever waits for an hour has no line that would tell. */
  async lookAgain(): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'inside') return;
    const { room } = value;
    room.wake();
    if (room.door.value.name !== 'suspended') return;
    const demo = await askDemo(this.#environment).catch(() => undefined);
    if (demo && this.view.value === value) room.setSchoolTime(demo.school_time, demo.speed);
  }

  /** The roster gives the account something else: the room is made anew, from what the hub says of the account now. */
  #followRoster(room: Room): () => void {
    const { clock, chance } = this.#environment;
    let cancel = () => {};
    const stop = room.changed.subscribe((isChanged) => {
      if (isChanged) cancel = clock.after(RENEWAL_MS * (1 + chance.fraction() / 2), () => void this.#renew());
    });
    return () => {
      stop();
      cancel();
    };
  }

  async #renew(): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'inside') return;
    // Without an answer the room stays: its feeds say what is followed no longer.
    const room = await this.#open(value.room.me.account).catch(() => undefined);
    if (!room) return;
    if (this.view.value !== value) return room.close();
    this.#close(value.room);
    this.#inside(value.demo, room);
  }

  /** Sets the demo's clock for everybody; says whether the hub did it. */
  async setClock(change: { readonly school_time?: string; readonly speed?: number }): Promise<boolean> {
    try {
      const { school_time, speed } = await setDemoClock(this.#environment, change);
      this.clock.told(school_time, speed);
      const { value } = this.view;
      if (value.name === 'inside') value.room.setSchoolTime(school_time, speed);
      return true;
    } catch {
      return false;
    }
  }
}
