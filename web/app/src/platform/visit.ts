/** Logging in, with the page's own address: where to come back to, and what the hub said in it. */

import type { Environment } from '@preau/client';
import { enterBy, type Visit } from '../state/login.ts';
import type { School } from '../state/school.ts';

/** The parameter in which the hub says why somebody is not logged in. */
const WORD = 'login';

function withoutWord(): string {
  const query = new URLSearchParams(location.search);
  query.delete(WORD);
  const rest = query.toString();
  return location.pathname + (rest === '' ? '' : `?${rest}`);
}

const visit: Visit = {
  here: withoutWord,
  takeWord() {
    const word = new URLSearchParams(location.search).get(WORD) ?? undefined;
    // Read once: a reload of the page tries again.
    if (word !== undefined) history.replaceState(null, '', withoutWord());
    return word;
  },
  go: (address) => location.assign(address),
};

export function enter(school: School, environment: Environment): Promise<void> {
  return enterBy(school, environment, visit);
}
