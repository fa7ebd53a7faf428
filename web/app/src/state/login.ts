/**
 * Logging in with the workspace's identity provider: who comes in, who is told what, and the way out.
 *
 * A token lives in memory only, and is asked for again before it ends.
 */

import { HubProblem, LoggedOut, type Environment, type TokenSource } from '@preau/client';
import { LoginCalls, type Visit } from './login-calls.ts';
import type { School } from './school.ts';

/** Why somebody is not inside: as the hub sends a browser back, or as it answers the page. */
export const LOGIN_TROUBLES = ['away', 'denied', 'unknown', 'again', 'busy', 'ended'] as const;
export type LoginTrouble = (typeof LOGIN_TROUBLES)[number];

/** Enters a school whose hub is no demo: with this browser's log-in, or by being told how to get one. */
export async function enterBy(school: School, environment: Environment, visit: Visit): Promise<void> {
  const login = new LogIn(school, environment, visit);
  if (await login.isOffered()) return login.enter();
  school.view.set({ name: 'no_login' });
}

export class LogIn {
  readonly #school: School;
  readonly #calls: LoginCalls;
  readonly #visit: Visit;

  constructor(school: School, environment: Environment, visit: Visit) {
    this.#school = school;
    this.#calls = new LoginCalls(environment);
    this.#visit = visit;
  }

  async isOffered(): Promise<boolean> {
    return (await this.#calls.how()).kind === 'oidc';
  }

  /** Opens the room of this browser's log-in. Whoever comes for the first time is told nothing but how to come in. */
  async enter(): Promise<void> {
    const word = this.#visit.takeWord();
    const trouble = LOGIN_TROUBLES.find((known) => known === word);
    if (trouble !== undefined) return this.#out(trouble);
    try {
      const first = await this.#calls.token();
      let fresh: string | undefined = first.token;
      const tokens: TokenSource = async () => {
        const token = fresh ?? (await this.#renewed());
        fresh = undefined;
        return token;
      };
      const room = await this.#school.open(tokens, first.account);
      this.#school.view.set({ name: 'inside', login: this, room });
    } catch (error) {
      if (error instanceof LoggedOut) return this.#out(undefined);
      if (error instanceof HubProblem && error.status === 403) return this.#out('unknown');
      throw error;
    }
  }

  /** Leaves for the provider, to come back to this page. */
  begin(): void {
    this.#visit.go(`/v1/login?return_to=${encodeURIComponent(this.#visit.here())}`);
  }

  /** Ends the log-in of this browser, or all of the account's; says whether the hub did it. */
  async end(everywhere: boolean): Promise<boolean> {
    try {
      const leave = await this.#calls.end(everywhere);
      this.#close();
      await this.#school.start();
      if (leave !== undefined) this.#visit.go(leave);
      return true;
    } catch {
      return false;
    }
  }

  #out(trouble: LoginTrouble | undefined): void {
    this.#school.view.set({ name: 'login', login: this, trouble });
  }

  #close(): void {
    const { value } = this.#school.view;
    if (value.name === 'inside' && value.login === this) this.#school.close(value.room);
  }

  /** Another token. If the log-in has ended elsewhere, the page leads out, unless that would lose what is not stored yet. */
  async #renewed(): Promise<string> {
    try {
      return (await this.#calls.token()).token;
    } catch (error) {
      const { value } = this.#school.view;
      const isInside = value.name === 'inside' && value.login === this;
      if (error instanceof LoggedOut && isInside && !value.room.hasUnsent) {
        this.#close();
        this.#out('ended');
      }
      throw error;
    }
  }
}
