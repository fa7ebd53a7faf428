/**
 * The whole page: the entrance, where an account is chosen or the workspace logs in, and the room that it leads to.
 */

import {
  BulletinReader,
  HubProblem,
  LoggedOut,
  positionsInMemory,
  type Bulletin,
  type Environment,
  type Memory as DoorMemory,
  type TokenSource,
} from '@preau/client';
import type { LogIn, LoginTrouble } from './login.ts';
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
  /** Neither a demo nor a hub that logs anybody in. */
  | { readonly name: 'no_login' }
  | { readonly name: 'login'; readonly login: LogIn; readonly trouble: LoginTrouble | undefined }
  | { readonly name: 'entrance'; readonly demo: Demo; readonly trouble?: 'unreachable' | 'refused' }
  | { readonly name: 'entering'; readonly demo: Demo; readonly account: string }
  | { readonly name: 'inside'; readonly demo?: Demo; readonly login?: LogIn; readonly room: Room };

/** Logs in with the workspace, fetched where it is wanted. */
export interface Workspace {
  enter(school: School, environment: Environment): Promise<void>;
}

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
  readonly #logIn: (() => Promise<Workspace>) | undefined;

  constructor(
    environment: Environment,
    memory: Memory,
    doorMemory?: (account: string) => DoorMemory,
    logIn?: () => Promise<Workspace>,
  ) {
    this.#doorMemory = doorMemory;
    this.#logIn = logIn;
    this.#reader = new BulletinReader(environment, []);
    this.#reader.onChange((bulletin) => this.bulletin.set(bulletin));
    this.#environment = environment;
    this.#memory = memory;
    this.clock = new SchoolClock(environment.clock);
  }

  /** Asks how one enters here, and enters at once whoever did before. */
  async start(): Promise<void> {
    this.view.set({ name: 'asking' });
    this.#reader.start();
    let demo: Demo | undefined;
    try {
      demo = await askDemo(this.#environment);
    } catch {
      return this.view.set({ name: 'unreachable' });
    }
    if (!demo) {
      const entered = this.#logIn?.().then(({ enter }) => enter(this, this.#environment));
      return entered?.catch(() => this.view.set({ name: 'unreachable' }));
    }
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
      const room = await this.open(demoTokens(this.#environment, account), account);
      this.#memory.write(account);
      this.view.set({ name: 'inside', demo, room });
    } catch (error) {
      const refused = error instanceof LoggedOut || (error instanceof HubProblem && error.status < 500);
      if (refused) this.#memory.write(undefined);
      this.view.set({ name: 'entrance', demo, trouble: refused ? 'refused' : 'unreachable' });
    }
  }

  /** Opens the room of whoever has these tokens. */
  async open(tokens: TokenSource, account: string): Promise<Room> {
    const room = await this.#room(tokens, account);
    this.#reader.stop();
    this.#stopFollowing = this.#followRoster(room, tokens);
    return room;
  }

  #room(tokens: TokenSource, account: string): Promise<Room> {
    const memory = this.#doorMemory?.(account);
    // Each room has read what it shows: two of them can't share their places in the feeds.
    const environment = {
      ...this.#environment,
      positions: positionsInMemory(),
      ...(memory ? { memory } : {}),
    };
    return Room.open(environment, tokens, this.clock);
  }

  /** Goes back to the entrance. */
  async leave(): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'inside') return;
    this.close(value.room);
    this.#memory.write(undefined);
    await this.start();
  }

  /** Takes the room back that another page has taken. */
  async comeBack(): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'inside') return;
    this.close(value.room);
    if (!value.demo) return this.start();
    this.view.set({ name: 'entrance', demo: value.demo });
    await this.enter(value.room.me.account);
  }

  /** Closes a room that was opened. */
  close(room: Room): void {
    this.#stopFollowing();
    room.close();
  }

  /** The page is looked at again, or another tab set the demo's clock: whoever waits for an hour has no line that would tell. */
  async lookAgain(): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'inside') return;
    const { demo, room } = value;
    room.wake();
    if (!demo || room.door.value.name !== 'suspended') return;
    const now = await askDemo(this.#environment).catch(() => undefined);
    if (now && this.view.value === value) room.setSchoolTime(now.school_time, now.speed);
  }

  /** The roster gives the account something else: the room is made anew, from what the hub says of the account now. */
  #followRoster(room: Room, tokens: TokenSource): () => void {
    const { clock, chance } = this.#environment;
    let cancel = () => {};
    const stop = room.changed.subscribe((isChanged) => {
      const rest = RENEWAL_MS * (1 + chance.fraction() / 2);
      if (isChanged) cancel = clock.after(rest, () => void this.#renew(tokens));
    });
    return () => {
      stop();
      cancel();
    };
  }

  async #renew(tokens: TokenSource): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'inside') return;
    // Without an answer the room stays: its feeds say what is followed no longer.
    const room = await this.#room(tokens, value.room.me.account).catch(() => undefined);
    if (!room) return;
    if (this.view.value !== value) return room.close();
    this.close(value.room);
    this.#stopFollowing = this.#followRoster(room, tokens);
    this.view.set({ ...value, room });
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
