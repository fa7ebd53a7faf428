/**
 * Logging in with the workspace's identity provider: what the hub offers, tokens for this browser's log-in, and its end.
 *
 * The log-in itself is a cookie that no script reads. A token lives in memory only, and is asked for again before it ends.
 */

import { HubProblem, HubUnreachable, LoggedOut, type Environment, type TokenSource } from '@preau/client';
import type { School } from './school.ts';

/** Why somebody is not inside: as the hub sends a browser back, or as it answers the page. */
export const LOGIN_TROUBLES = ['away', 'denied', 'unknown', 'again', 'busy', 'ended'] as const;
export type LoginTrouble = (typeof LOGIN_TROUBLES)[number];

/** Where the browser is, and where it goes. */
export interface Visit {
  /** The page's path, to come back to. */
  here(): string;
  /** What the hub said in the page's address when it sent the browser back, once. */
  takeWord(): string | undefined;
  go(address: string): void;
}

interface Token {
  readonly token: string;
  readonly account: string;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isToken(value: unknown): value is Token {
  return isFields(value) && typeof value['token'] === 'string' && typeof value['account'] === 'string';
}

function isHow(value: unknown): value is { readonly kind: string } {
  return isFields(value) && typeof value['kind'] === 'string';
}

function isEnd(value: unknown): value is { readonly leave: string | null } {
  return isFields(value) && (value['leave'] === null || typeof value['leave'] === 'string');
}

/** Enters a school whose hub is no demo: with this browser's log-in, or by being told how to get one. */
export async function enterBy(school: School, environment: Environment, visit: Visit): Promise<void> {
  const login = new LogIn(school, environment, visit);
  if (await login.isOffered()) return login.enter();
  school.view.set({ name: 'no_login' });
}

export class LogIn {
  readonly #school: School;
  readonly #environment: Environment;
  readonly #visit: Visit;

  constructor(school: School, environment: Environment, visit: Visit) {
    this.#school = school;
    this.#environment = environment;
    this.#visit = visit;
  }

  async isOffered(): Promise<boolean> {
    return (await this.#call('GET', '/v1/login/how', undefined, isHow)).kind === 'oidc';
  }

  /** Opens the room of this browser's log-in. Whoever comes for the first time is told nothing but how to come in. */
  async enter(): Promise<void> {
    const word = this.#visit.takeWord();
    const trouble = LOGIN_TROUBLES.find((known) => known === word);
    if (trouble !== undefined) return this.#out(trouble);
    try {
      const first = await this.#token();
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
      const { leave } = await this.#call('POST', '/v1/logout', { everywhere }, isEnd);
      this.#close();
      await this.#school.start();
      if (leave !== null) this.#visit.go(leave);
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
      return (await this.#token()).token;
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

  async #token(): Promise<Token> {
    try {
      return await this.#call('POST', '/v1/login/token', undefined, isToken);
    } catch (error) {
      if (error instanceof HubProblem && error.status === 401) throw new LoggedOut();
      throw error;
    }
  }

  async #call<T>(
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    guard: (value: unknown) => value is T,
  ): Promise<T> {
    // The header says that a page of the hub's own asks: no form of another site can send it.
    const headers = {
      accept: 'application/json',
      'preau-page': '1',
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
    const text = body ? { body: JSON.stringify(body) } : {};
    const answer = await this.#environment
      .request({ method, url: this.#environment.hub + path, headers, ...text })
      .catch(() => Promise.reject(new HubUnreachable('no answer')));
    let value: unknown;
    try {
      value = JSON.parse(answer.text);
    } catch {
      value = undefined;
    }
    if (answer.status !== 200) throw HubProblem.from(answer.status, value);
    if (!guard(value)) throw new HubUnreachable('an answer of another shape');
    return value;
  }
}
