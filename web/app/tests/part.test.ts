/** A part that is fetched later: on its way, there, or asked for again by whoever misses it. */

import { expect, test } from 'vitest';

import { Part } from '../src/state/part.ts';

/** Fetches as it is told, one time after the other. */
function open() {
  const asked: number[] = [];
  const waiting: { resolve: (made: string) => void; reject: (why: Error) => void }[] = [];
  const part = new Part((failures) => {
    asked.push(failures);
    return new Promise<string>((resolve, reject) => waiting.push({ resolve, reject }));
  });
  return { part, asked, next: () => waiting.shift()! };
}

test('a part that comes is there, and is asked for once', async () => {
  const { part, asked, next } = open();
  expect(part.view.value).toEqual({ failures: 0, isAsking: true });
  next().resolve('desk');
  await expect.poll(() => part.view.value).toEqual({ made: 'desk', failures: 0, isAsking: false });
  await part.ask();
  expect(asked).toEqual([0]);
});

test('one that does not come says so each time, and comes when it is asked for again', async () => {
  const { part, asked, next } = open();
  next().reject(new TypeError('Failed to fetch dynamically imported module'));
  await expect.poll(() => part.view.value).toEqual({ failures: 1, isAsking: false });
  const second = part.ask();
  expect(part.view.value).toEqual({ failures: 1, isAsking: true });
  next().reject(new TypeError('error loading dynamically imported module'));
  await second;
  expect(part.view.value).toEqual({ failures: 2, isAsking: false });
  const third = part.ask();
  next().resolve('desk');
  await third;
  expect(part.view.value).toEqual({ made: 'desk', failures: 2, isAsking: false });
  expect(asked).toEqual([0, 1, 2]);
});

test('whoever presses twice asks once', async () => {
  const { part, asked, next } = open();
  next().reject(new Error('gone'));
  await expect.poll(() => part.view.value.failures).toBe(1);
  const both = [part.ask(), part.ask()];
  next().resolve('desk');
  await Promise.all(both);
  expect(asked).toEqual([0, 1]);
});
