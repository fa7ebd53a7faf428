/** The page's own address, as logging in needs it: where to come back to, and what the hub said in it. */

/** The parameter in which the hub says why somebody is not logged in. */
const WORD = 'login';

function withoutWord(): string {
  const query = new URLSearchParams(location.search);
  query.delete(WORD);
  const rest = query.toString();
  return location.pathname + (rest === '' ? '' : `?${rest}`);
}

export function here(): string {
  return withoutWord();
}

/** Read once: a reload of the page tries again. */
export function takeWord(): string | undefined {
  const word = new URLSearchParams(location.search).get(WORD) ?? undefined;
  if (word !== undefined) history.replaceState(null, '', withoutWord());
  return word;
}

export function go(address: string): void {
  location.assign(address);
}
