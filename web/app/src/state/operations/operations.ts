/**
 * The whole dashboard: logging in, and then the watch and the office. A token or a secret stays in memory and nowhere else.
 *
 * An operator who has logged in with the workspace in this browser is inside at once: the cookie of a host is shared by its
 * ports. That is why the dashboard has to be open under the hub's own name for it.
 */

import { HubProblem, LoggedOut, type Environment, type TokenSource } from '@preau/client';
import { askDemo, demoTokens, type DemoAccount } from '../demo.ts';
import { LoginCalls, type Visit } from '../login-calls.ts';
import { Store } from '../store.ts';
import { Office } from './office.ts';
import { Pass } from './pass.ts';
import { Watch } from './watch.ts';

/** Why somebody is at the entrance. */
export type Trouble =
  | 'refused'
  | 'unreachable'
  | 'ended'
  /** The identity provider does not answer. */
  | 'away'
  /** Logged in, and not in the roster. */
  | 'unknown'
  /** Logged in, and no operator. */
  | 'not_operator';

/** The workspace that operators log in with. */
export interface Workspace {
  /** Where browsers reach the hub. */
  readonly address: string;
  /** Whether this page is under that name, so that a log-in counts here. */
  readonly isHere: boolean;
  /** Who has logged in, if that is no operator. */
  readonly account?: string;
}

export type OperationsView =
  | { readonly name: 'asking' }
  | {
      readonly name: 'entrance';
      /** Accounts of a demo; nothing in a hub for real schools. */
      readonly demo: readonly DemoAccount[] | undefined;
      readonly workspace?: Workspace;
      readonly isEntering: boolean;
      readonly trouble?: Trouble;
    }
  | { readonly name: 'inside'; readonly watch: Watch; readonly office: Office; readonly isDemo: boolean };

type Entrance = Extract<OperationsView, { name: 'entrance' }>;

/** The browser, and whose cookies its page has. */
export interface WallVisit extends Visit {
  /** Whether the page is under the host and the scheme of an address, whatever the port. */
  isOfHost(address: string): boolean;
}

export class Operations {
  readonly view = new Store<OperationsView>({ name: 'asking' });
  readonly #environment: Environment;
  readonly #visit: WallVisit;
  readonly #calls: LoginCalls;
  /** Whether who is inside is so by this browser's log-in. */
  #isLoggedIn = false;

  constructor(environment: Environment, visit: WallVisit) {
    this.#environment = environment;
    this.#visit = visit;
    this.#calls = new LoginCalls(environment);
  }

  /** Asks how one enters here, and enters at once whoever has logged in. */
  async start(trouble?: Trouble): Promise<void> {
    const because = trouble === undefined ? {} : { trouble };
    try {
      const demo = await askDemo(this.#environment);
      const workspace = demo ? undefined : await this.#workspace();
      const offer = workspace === undefined ? {} : { workspace };
      this.view.set({ name: 'entrance', demo: demo?.accounts, ...offer, isEntering: false, ...because });
      if (!workspace?.isHere || trouble !== undefined) return;
      if (this.#visit.takeWord() === 'away') return this.#show({ trouble: 'away' });
      await this.#enterByLogIn(workspace);
    } catch {
      this.view.set({ name: 'entrance', demo: undefined, isEntering: false, trouble: 'unreachable' });
    }
  }

  /** Logs in as an account of the demo. */
  enterAs(account: string): Promise<void> {
    return this.#enter(() => this.#tokens(demoTokens(this.#environment, account)));
  }

  /** Logs in with the machine's secret, or a token; `who` stands in the audit log. */
  enterWith(secret: string, who: string): Promise<void> {
    const { clock } = this.#environment;
    return this.#enter(() => Promise.resolve(Pass.ofSecret(clock, secret, who)));
  }

  /** Leaves for the identity provider, to come back to this page. */
  logIn(): void {
    this.#visit.go('/v1/login');
  }

  /** Ends this browser's log-in, and leads to where the workspace ends its own. */
  async logOut(): Promise<void> {
    this.#isLoggedIn = false;
    try {
      const leave = await this.#calls.end(false);
      if (leave !== undefined) return this.#visit.go(leave);
    } catch {
      // Whoever is still logged in must not be inside again at once.
      return this.start('unreachable');
    }
    return this.start();
  }

  leave(): Promise<void> {
    this.#close();
    return this.#isLoggedIn ? this.logOut() : this.start();
  }

  async #workspace(): Promise<Workspace | undefined> {
    const { kind, address } = await this.#calls.how();
    if (kind !== 'oidc' || address === undefined) return undefined;
    return { address, isHere: this.#visit.isOfHost(address) };
  }

  #tokens(source: TokenSource): Promise<Pass> {
    return Pass.ofTokens(this.#environment.clock, source);
  }

  /** Enters by this browser's log-in. Whoever has none is told nothing but how to get one. */
  async #enterByLogIn(workspace: Workspace): Promise<void> {
    let account: string | undefined;
    const source: TokenSource = async () => {
      const given = await this.#calls.token();
      account = given.account;
      return given.token;
    };
    await this.#enter(
      () => this.#tokens(source),
      (error) => {
        if (error instanceof LoggedOut) return {};
        const isForbidden = error instanceof HubProblem && error.status === 403;
        if (!isForbidden) return { trouble: 'unreachable' };
        if (account === undefined) return { trouble: 'unknown' };
        return { trouble: 'not_operator', workspace: { ...workspace, account } };
      },
    );
    this.#isLoggedIn = this.view.value.name === 'inside';
  }

  async #enter(
    ask: () => Promise<Pass>,
    refused: (error: unknown) => Partial<Entrance> = (error) => {
      const isRefused = error instanceof LoggedOut || (error instanceof HubProblem && error.status < 500);
      return { trouble: isRefused ? 'refused' : 'unreachable' };
    },
  ): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'entrance' || value.isEntering) return;
    const { trouble: _, ...entrance } = value;
    this.view.set({ ...entrance, isEntering: true });
    try {
      const pass = await ask();
      const office = new Office(this.#environment, pass);
      // Whether it opens anything.
      await office.limits();
      const watch = new Watch(this.#environment, pass, () => this.#ended());
      watch.start();
      this.#isLoggedIn = false;
      this.view.set({ name: 'inside', watch, office, isDemo: value.demo !== undefined });
    } catch (error) {
      this.view.set({ ...entrance, isEntering: false, ...refused(error) });
    }
  }

  #show(change: Partial<Entrance>): void {
    const { value } = this.view;
    if (value.name === 'entrance') this.view.set({ ...value, ...change });
  }

  #close(): void {
    const { value } = this.view;
    if (value.name === 'inside') value.watch.stop();
  }

  #ended(): void {
    this.#close();
    void this.start('ended');
  }
}
