/** Which rows of a long feed are on the page: the last ones, and as many above as somebody has looked up to. Pure. */

/** Rows that are on the page while the end is in sight, and how many more for each look further up. */
export const ROWS = 80;

interface Line {
  readonly key: string;
}

/** Where the page begins: at a row that was looked at, or near the end if that is gone. */
export function beginOf(lines: readonly Line[], from: string | undefined): number {
  const found = from === undefined ? -1 : lines.findIndex(({ key }) => key === from);
  return found < 0 ? Math.max(0, lines.length - ROWS) : found;
}

/** The first row after another look further up. */
export function lookedUp(lines: readonly Line[], begin: number): string | undefined {
  return lines[Math.max(0, begin - ROWS)]?.key;
}

/**
 * The first row that has to stay where it is, after somebody scrolled: near the end old rows may leave the page; further up,
 * what is read stays.
 */
export function keptRow(
  lines: readonly Line[],
  from: string | undefined,
  isNearEnd: boolean,
): string | undefined {
  return isNearEnd ? undefined : (from ?? lines[beginOf(lines, from)]?.key);
}
