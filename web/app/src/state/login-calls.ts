/**
 * What a page asks the hub about this browser's log-in: how one logs in, a token, the end.
 *
 * The log-in itself is a cookie that no script reads.
 */

import { HubProblem, LoggedOut, type Environment } from '@preau/client';
import { call, isFields } from './call.ts';

/** Where the browser is, and where it goes. */
export interface Visit {
  /** The page's path, to come back to. */
  here(): string;
  /** What the hub said in the page's address when it sent the browser back, once. */
  takeWord(): string | undefined;
  go(address: string): void;
}

export interface How {
  readonly kind: string;
  /** To operators: where browsers reach the hub. */
  readonly address?: string;
}

export interface LoginToken {
  readonly token: string;
  readonly account: string;
}

function isToken(value: unknown): value is LoginToken {
  return isFields(value) && typeof value['token'] === 'string' && typeof value['account'] === 'string';
}

function isHow(value: unknown): value is How {
  return (
    isFields(value) &&
    typeof value['kind'] === 'string' &&
    (value['address'] === undefined || typeof value['address'] === 'string')
  );
}

function isEnd(value: unknown): value is { readonly leave: string | null } {
  return isFields(value) && (value['leave'] === null || typeof value['leave'] === 'string');
}

export class LoginCalls {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  how(): Promise<How> {
    return this.#call('GET', '/v1/login/how', undefined, isHow);
  }

  /** Rejects with `LoggedOut` if this browser has no log-in. */
  async token(): Promise<LoginToken> {
    try {
      return await this.#call('POST', '/v1/login/token', undefined, isToken);
    } catch (error) {
      if (error instanceof HubProblem && error.status === 401) throw new LoggedOut();
      throw error;
    }
  }

  /** Ends the log-in of this browser, or all of the account's; says where to log out of the workspace, if there is a place. */
  async end(everywhere: boolean): Promise<string | undefined> {
    const { leave } = await this.#call('POST', '/v1/logout', { everywhere }, isEnd);
    return leave ?? undefined;
  }

  #call<T>(
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    guard: (value: unknown) => value is T,
  ): Promise<T> {
    // The header says that a page of the hub's own asks: no form of another site can send it.
    return call(this.#environment, method, path, body, guard, { 'preau-page': '1' });
  }
}
