/**
 * One request to the hub and its answer: with the token, within a deadline, read into the type that is expected.
 *
 * Rejections are `HubProblem` (the hub said no, and why), `HubUnreachable` (nobody answered) or what the token source threw.
 */

import { within } from './deadline.ts';
import type { Environment, HttpRequest } from './environment.ts';
import { HubProblem, HubUnreachable, remedy } from './problem.ts';
import { parseJson } from './shape.ts';
import type { Tokens } from './token.ts';

/** From asking to the whole answer, including a token if one is wanted. */
const ANSWER_DEADLINE_MS = 15_000;

export type Guard<T> = (value: unknown) => value is T;

export interface Call {
  readonly method: HttpRequest['method'];
  readonly path: string;
  /** Written as JSON. */
  readonly body?: object;
}

/** A path with what is asked of it; what is absent is left out. */
export function address(path: string, query: object): string {
  const parameters = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&');
  return parameters === '' ? path : `${path}?${parameters}`;
}

/** Any answer of success will do. */
export function isAnything(_: unknown): _ is unknown {
  return true;
}

export class Caller {
  readonly #environment: Environment;
  readonly #tokens: Tokens;
  readonly #dated: (ms: number) => void;

  /** `dated` is told the hub's date at each answer, in milliseconds since 1970. */
  constructor(environment: Environment, tokens: Tokens, dated: (ms: number) => void) {
    this.#environment = environment;
    this.#tokens = tokens;
    this.#dated = dated;
  }

  call<T>(call: Call, isAnswer: Guard<T>): Promise<T> {
    return within(this.#environment.clock, ANSWER_DEADLINE_MS, this.#withToken(call, isAnswer));
  }

  async #withToken<T>(call: Call, isAnswer: Guard<T>): Promise<T> {
    try {
      return await this.#once(call, await this.#tokens.current(), isAnswer);
    } catch (error) {
      if (!(error instanceof HubProblem) || remedy(error.code, error.status) !== 'new_token') throw error;
      return this.#once(call, await this.#tokens.renew('refused'), isAnswer);
    }
  }

  async #once<T>({ method, path, body }: Call, token: string, isAnswer: Guard<T>): Promise<T> {
    const url = this.#environment.hub + path;
    const headers = {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const request = { method, url, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await this.#environment.request(request).catch(() => {
      throw new HubUnreachable('no answer');
    });
    if (answer.date !== undefined) this.#dated(answer.date);
    const value = parseJson(answer.text);
    if (answer.status < 200 || answer.status > 299) throw HubProblem.from(answer.status, value);
    if (!isAnswer(value)) throw new HubUnreachable('an answer of another shape');
    return value;
  }
}
