/** A question to the hub over HTTP, and its answer as what it must be. */

import { HubProblem, HubUnreachable, type Environment } from '@preau/client';

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Asks. Rejects with the hub's problem, or as unreachable if there is no answer that can be read. */
export async function call<T>(
  environment: Environment,
  method: 'GET' | 'POST',
  path: string,
  body: object | undefined,
  guard: (value: unknown) => value is T,
  more: Readonly<Record<string, string>> = {},
): Promise<T> {
  const headers = {
    accept: 'application/json',
    ...more,
    ...(body ? { 'content-type': 'application/json' } : {}),
  };
  const text = body ? { body: JSON.stringify(body) } : {};
  const answer = await environment
    .request({ method, url: environment.hub + path, headers, ...text })
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
