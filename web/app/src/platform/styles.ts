/**
 * Styles of a part that did not come. The bundler asks for each sheet once: a part that comes at its second try would come
 * without its looks.
 */

const missing = new Set<HTMLLinkElement>();

addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') missing.add(target);
  },
  // Such an error does not bubble.
  true,
);

function fetchAgain(link: HTMLLinkElement): Promise<unknown> {
  missing.delete(link);
  const next = link.cloneNode() as HTMLLinkElement;
  link.replaceWith(next);
  return new Promise((resolve, reject) => {
    next.onload = resolve;
    next.onerror = reject;
  });
}

/** Fetches every sheet again that did not come. Fails if one does not come now either. */
export function fetchMissingStyles(): Promise<unknown> {
  return Promise.all([...missing].map(fetchAgain));
}
