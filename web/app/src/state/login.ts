/**
 * Logging in with the workspace's identity provider: what the hub offers, tokens for this browser's log-in, and its end.
 *
 * The log-in itself is a cookie that no script reads. A token lives in memory only, and is asked for again before it ends.
 */

import { HubProblem, HubUnreachable, LoggedOut, type Environment, type TokenSource } from '@preau/client';

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

/** A log-in that is there. */
export interface LoggedIn {
  readonly account: string;
  readonly tokens: TokenSource;
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

export class LogIn {
  readonly #environment: Environment;
  readonly #visit: Visit;

  private constructor(environment: Environment, visit: Visit) {
    this.#environment = environment;
    this.#visit = visit;
  }

  /** The log-in that this hub offers, if it offers one. */
  static async ask(environment: Environment, visit: Visit): Promise<LogIn | undefined> {
    const login = new LogIn(environment, visit);
    const { kind } = await login.#call('GET', '/v1/login/how', undefined, isHow);
    return kind === 'oidc' ? login : undefined;
  }

  /** This browser's log-in, or why there is none: nothing to say to whoever comes for the first time. */
  async enter(): Promise<LoggedIn | { readonly trouble: LoginTrouble | undefined }> {
    const word = this.#visit.takeWord();
    const trouble = LOGIN_TROUBLES.find((known) => known === word);
    if (trouble !== undefined) return { trouble };
    try {
      const first = await this.#token();
      let fresh: string | undefined = first.token;
      const tokens: TokenSource = async () => {
        const token = fresh ?? (await this.#token()).token;
        fresh = undefined;
        return token;
      };
      return { account: first.account, tokens };
    } catch (error) {
      if (error instanceof LoggedOut) return { trouble: undefined };
      if (error instanceof HubProblem && error.status === 403) return { trouble: 'unknown' };
      throw error;
    }
  }

  /** Leaves for the provider, to come back to this page. */
  begin(): void {
    this.#visit.go(`/v1/login?return_to=${encodeURIComponent(this.#visit.here())}`);
  }

  /** Ends the log-in of this browser, or all of the account's; where to go then. */
  async end(everywhere: boolean): Promise<string | undefined> {
    const { leave } = await this.#call('POST', '/v1/logout', { everywhere }, isEnd);
    return leave ?? undefined;
  }

  /** Goes to the provider, to log out there as well. */
  leave(address: string): void {
    this.#visit.go(address);
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
