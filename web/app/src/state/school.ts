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
import type { LogIn, LoginTrouble, Visit } from './login.ts';
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
  | { readonly name: 'inside'; readonly way: Demo | LogIn; readonly room: Room };

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
  readonly #visit: (() => Promise<Visit>) | undefined;
  #isDemo = false;

  constructor(
    environment: Environment,
    memory: Memory,
    doorMemory?: (account: string) => DoorMemory,
    visit?: () => Promise<Visit>,
  ) {
    this.#doorMemory = doorMemory;
    this.#visit = visit;
    this.#reader = new BulletinReader(environment, []);
    this.#reader.onChange((bulletin) => this.bulletin.set(bulletin));
    this.#environment = environment;
    this.#memory = memory;
    this.clock = new SchoolClock(environment.clock);
  }

  /** Whether whoever is inside chose an account of a demo. */
  get isDemo(): boolean {
    return this.#isDemo;
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
    this.#isDemo = demo !== undefined;
    if (!demo) return this.#logIn();
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
      await this.#open(demo, demoTokens(this.#environment, account), account);
      this.#memory.write(account);
    } catch (error) {
      const refused = error instanceof LoggedOut || (error instanceof HubProblem && error.status < 500);
      if (refused) this.#memory.write(undefined);
      this.view.set({ name: 'entrance', demo, trouble: refused ? 'refused' : 'unreachable' });
    }
  }

  async #open(way: Demo | LogIn, tokens: TokenSource, account: string): Promise<void> {
    this.#inside(way, tokens, await this.#room(tokens, account));
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

  #inside(way: Demo | LogIn, tokens: TokenSource, room: Room): void {
    this.#reader.stop();
    this.#stopFollowing = this.#followRoster(room, tokens);
    this.view.set({ name: 'inside', way, room });
  }

  /** Enters with this browser's log-in, or says how to get one. */
  async #logIn(): Promise<void> {
    try {
      const [{ LogIn }, visit] = await Promise.all([import('./login.ts'), this.#visit?.()]);
      const login = visit && (await LogIn.ask(this.#environment, visit));
      if (!login) return this.view.set({ name: 'no_login' });
      const entered = await login.enter();
      if ('trouble' in entered) return this.view.set({ name: 'login', login, trouble: entered.trouble });
      const tokens: TokenSource = (why) =>
        entered.tokens(why).catch((error: unknown) => {
          if (error instanceof LoggedOut) this.#loggedOut(login);
          throw error;
        });
      await this.#open(login, tokens, entered.account);
    } catch {
      this.view.set({ name: 'unreachable' });
    }
  }

  /** The log-in has ended elsewhere. What is not stored yet stays in sight, with what to do about it. */
  #loggedOut(login: LogIn): void {
    const { value } = this.view;
    if (value.name !== 'inside' || value.way !== login || value.room.hasUnsent) return;
    this.#close(value.room);
    this.#reader.start();
    this.view.set({ name: 'login', login, trouble: 'ended' });
  }

  /** Ends the log-in of this browser, or all of the account's; says whether the hub did it. */
  async logOut(everywhere: boolean): Promise<boolean> {
    const { value } = this.view;
    if (value.name !== 'inside' || !('end' in value.way)) return false;
    const login = value.way;
    try {
      const leave = await login.end(everywhere);
      this.#close(value.room);
      this.#reader.start();
      this.view.set({ name: 'login', login, trouble: undefined });
      if (leave !== undefined) login.leave(leave);
      return true;
    } catch {
      return false;
    }
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
    if ('end' in value.way) return this.start();
    this.view.set({ name: 'entrance', demo: value.way });
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
    if (!this.#isDemo || room.door.value.name !== 'suspended') return;
    const demo = await askDemo(this.#environment).catch(() => undefined);
    if (demo && this.view.value === value) room.setSchoolTime(demo.school_time, demo.speed);
  }

  /** The roster gives the account something else: the room is made anew, from what the hub says of the account now. */
  #followRoster(room: Room, tokens: TokenSource): () => void {
    const { clock, chance } = this.#environment;
    let cancel = () => {};
    const stop = room.changed.subscribe((isChanged) => {
      if (isChanged)
        cancel = clock.after(RENEWAL_MS * (1 + chance.fraction() / 2), () => void this.#renew(tokens));
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
    this.#close(value.room);
    this.#inside(value.way, tokens, room);
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
