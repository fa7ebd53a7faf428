/** Which rows of a feed are on the page. */

import { expect, test } from 'vitest';

import { beginOf, keptRow, lookedUp, ROWS } from '../src/state/feed-window.ts';

const lines = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${first + index}` }));

test('a short feed is there as a whole, a long one from near its end', () => {
  expect(beginOf([], undefined)).toBe(0);
  expect(beginOf(lines(ROWS), undefined)).toBe(0);
  expect(beginOf(lines(ROWS + 1), undefined)).toBe(1);
  expect(beginOf(lines(600), undefined)).toBe(600 - ROWS);
});

test('whoever reads further up keeps the rows that they read, however much comes', () => {
  const from = keptRow(lines(300), undefined, false);
  expect(from).toBe(`k${300 - ROWS}`);
  expect(keptRow(lines(301), from, false)).toBe(from);
  expect(beginOf(lines(450), from)).toBe(300 - ROWS);
});

test('back at the end the old rows leave the page', () => {
  const from = keptRow(lines(300), undefined, false);
  expect(keptRow(lines(450), from, true)).toBeUndefined();
  expect(beginOf(lines(450), undefined)).toBe(450 - ROWS);
});

test('a row that has left the feed is no beginning', () => {
  // The oldest left while somebody read them.
  const all = lines(600, 200);
  expect(beginOf(all, 'k100')).toBe(600 - ROWS);
});

test('each look up puts as many rows above, until the first', () => {
  const all = lines(200);
  let begin = beginOf(all, undefined);
  const begins = [begin];
  while (begin > 0) {
    begin = beginOf(all, lookedUp(all, begin));
    begins.push(begin);
  }
  expect(begins).toEqual([120, 40, 0]);
  expect(lookedUp([], 0)).toBeUndefined();
});
