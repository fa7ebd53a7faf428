/** The page's own address: where to come back to, and what the hub said in it. */

import type { Visit } from '../state/login-calls.ts';

/** The parameter in which the hub says why somebody is not logged in. */
const WORD = 'login';

function withoutWord(): string {
  const query = new URLSearchParams(location.search);
  query.delete(WORD);
  const rest = query.toString();
  return location.pathname + (rest === '' ? '' : `?${rest}`);
}

export const visit: Visit = {
  here: withoutWord,
  takeWord() {
    const word = new URLSearchParams(location.search).get(WORD) ?? undefined;
    // Read once: a reload of the page tries again.
    if (word !== undefined) history.replaceState(null, '', withoutWord());
    return word;
  },
  go: (address) => location.assign(address),
};

/** Whether this page has the cookies of an address: its host and its scheme, whatever the port. */
export function isOfHost(address: string): boolean {
  const { hostname, protocol } = new URL(address);
  return hostname === location.hostname && protocol === location.protocol;
}
