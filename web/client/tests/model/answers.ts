/** What a hub answers whoever asks for a seat and gets none; and what a publication's text is. */

import type { Publication } from '../../src/messages.ts';

export type Outcome = { readonly status: number; readonly body: unknown };

/** The next poll of a place in the waiting room. */
export function place(ahead: number, retry_after_ms: number, ticket = `ticket-${ahead}`): Outcome {
  return { status: 202, body: { ticket, ahead, retry_after_ms, load: 3 } };
}

/** The same answer with what the operators have to say. */
export function telling({ status, body }: Outcome, text: string, since = 0): Outcome {
  return { status, body: { ...(body as object), notice: { text, lang: 'fr', since } } };
}

/** Outside the hours of the role. */
export function suspended(opens_at?: number, school_time?: number): Outcome {
  const { body, status } = problem(403, 'suspended');
  return { status, body: { ...(body as object), more: { opens_at, school_time } } };
}

export function problem(status: number, code: string, retry_after_ms?: number): Outcome {
  const type = `urn:preau:problem:${code}`;
  return { status, body: { type, title: code, status, detail: code, code, retry_after_ms } };
}

/** The text of what somebody wrote; nothing of what the hub says. */
export function textOf({ body }: Publication): string {
  return 'text' in body ? body.text : '';
}
