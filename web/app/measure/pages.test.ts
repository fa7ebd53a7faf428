/**
 * What the pages cost on a slow phone, measured in a real browser against the real hub: `npm run measure`. Not a part of the
 * tests, since its figures are times. It prints tables for docs/PAGES.md.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Hub } from '../e2e/hub.ts';
import { launch, PHONE } from '../e2e/person.ts';

const ROUNDS = 3;
/** How many times slower than this machine. */
const SLOWDOWNS = [1, 4, 6] as const;
/** A poor line: 400 ms there and back, 400 kbit/s, as Chromium's own "slow 3G" has it. */
const POOR_LINE = {
  offline: false,
  latency: 400,
  downloadThroughput: 50_000,
  uploadThroughput: 50_000,
};
/** Messages per second that a class's feed is shown. */
const RATES = [2, 5, 10, 20, 40, 80] as const;
const SECONDS_PER_RATE = 8;
/** Of one account, under the hub's limit over HTTP. */
const POSTS_PER_ACCOUNT = 5;
/** A frame that took longer than this was dropped: one and a half of sixty in a second. */
const DROPPED_MS = 25;

interface Account {
  readonly account: string;
  readonly token: string;
  readonly role: string;
  readonly channels: readonly string[];
}

let folder: string;
let hub: Hub;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'preau-measure-'));
  hub = new Hub(folder);
  await hub.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await hub?.kill();
  rmSync(folder, { recursive: true, force: true });
});

const origin = () => `http://127.0.0.1:${hub.port}`;

async function json<T>(path: string, options: RequestInit = {}): Promise<T> {
  const answer = await fetch(`${origin()}${path}`, options);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function logIn(account: string): Promise<Account> {
  const body = JSON.stringify({ account });
  const headers = { 'content-type': 'application/json' };
  const { token } = await json<{ token: string }>('/v1/demo/login', { method: 'POST', headers, body });
  const me = await json<{ role: string; channels: string[] }>('/v1/me', {
    headers: { authorization: `Bearer ${token}` },
  });
  return { account, token, role: me.role, channels: me.channels };
}

/** The demo's largest class, and those of it who can post. */
async function lesson(): Promise<{ channel: string; people: Account[] }> {
  const { accounts } = await json<{ accounts: { account: string }[] }>('/v1/demo');
  const offered = await Promise.all(accounts.map(({ account }) => logIn(account)));
  const pupil = offered.find(({ role }) => role === 'student');
  if (!pupil) throw new Error('the demo offers no pupil');
  const channel = pupil.channels.find((name) => name.startsWith('class:'));
  if (channel === undefined) throw new Error('the pupil has no class');
  const { people } = await json<{ people: { account: string }[] }>(
    `/v1/classes/${encodeURIComponent(channel.slice('class:'.length))}/people`,
    { headers: { authorization: `Bearer ${pupil.token}` } },
  );
  return { channel, people: await Promise.all(people.map(({ account }) => logIn(account))) };
}

async function phone(slowdown: number, isPoor: boolean): Promise<{ page: Page; cdp: CDPSession }> {
  const context = await browser.newContext({ ...PHONE, locale: 'fr-FR' });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  if (isPoor) await cdp.send('Network.emulateNetworkConditions', POOR_LINE);
  return { page, cdp };
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const spread = (values: number[], digits = 0) =>
  `${median(values).toFixed(digits)} [${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}]`;

function print(lines: string[]): void {
  process.stdout.write(`\n${lines.join('\n')}\n`);
}

interface FirstView {
  readonly bytes: number;
  readonly requests: number;
  /** Until somebody can press the first button. */
  readonly usableMs: number;
  /** Time in long tasks beyond 50 ms each until then. */
  readonly blockedMs: number;
}

/** Counts the time that long tasks take beyond 50 ms each, from the page's first script on. */
async function countLongTasks(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen = globalThis as unknown as { blockedMs: number };
    seen.blockedMs = 0;
    new PerformanceObserver((list) => {
      for (const task of list.getEntries()) seen.blockedMs += Math.max(0, task.duration - 50);
    }).observe({ type: 'longtask', buffered: true });
  });
}

async function firstView(slowdown: number, isPoor: boolean): Promise<FirstView> {
  const { page, cdp } = await phone(slowdown, isPoor);
  let [bytes, requests] = [0, 0];
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    requests += 1;
  });
  await countLongTasks(page);
  await page.goto(origin(), { waitUntil: 'commit' });
  await page.getByRole('button').nth(1).waitFor();
  // The page answers: a task of its own, after everything that was queued before it.
  const [usableMs, blockedMs] = await page.evaluate(
    () =>
      new Promise<[number, number]>((resolve) => {
        requestAnimationFrame(() =>
          setTimeout(() =>
            resolve([performance.now(), (globalThis as unknown as { blockedMs: number }).blockedMs]),
          ),
        );
      }),
  );
  await page.context().close();
  return { bytes, requests, usableMs, blockedMs };
}

test('the first view', async () => {
  const lines = [
    '| CPU | line | KiB over the line | requests | usable after, ms | long tasks, ms |',
    '|---|---|---|---|---|---|',
  ];
  for (const isPoor of [false, true]) {
    for (const slowdown of SLOWDOWNS) {
      const views: FirstView[] = [];
      for (let round = 0; round < ROUNDS; round += 1) views.push(await firstView(slowdown, isPoor));
      const of = (figure: keyof FirstView) => views.map((view) => view[figure]);
      const bytes = of('bytes').map((count) => count / 1024);
      lines.push(
        `| ${slowdown}× slower | ${isPoor ? '400 kbit/s, 400 ms' : 'loopback'} | ${spread(bytes, 1)} | ` +
          `${median(of('requests'))} | ${spread(of('usableMs'))} | ${spread(of('blockedMs'))} |`,
      );
      expect(median(of('bytes'))).toBeGreaterThan(10_000);
    }
  }
  print(lines);
});

interface ClassView {
  /** From a reload to a pupil's own line, with everything that the account follows. */
  readonly liveMs: number;
  /** From pressing the class to a form that answers. */
  readonly classMs: number;
  readonly blockedMs: number;
}

async function classView(
  account: string,
  channel: string,
  [slowdown, isPoor]: readonly [number, boolean],
): Promise<ClassView> {
  const { page } = await phone(slowdown, isPoor);
  await countLongTasks(page);
  await page.goto(origin());
  await page.evaluate((name) => sessionStorage.setItem('preau.account', name), account);
  await page.reload({ waitUntil: 'commit' });
  await page.locator('.pill', { hasText: /En direct|Live/ }).waitFor();
  const liveMs = await page.evaluate(() => performance.now());
  const { classes } = await json<{ classes: { channel: string; title: string }[] }>('/v1/me', {
    headers: { authorization: `Bearer ${(await logIn(account)).token}` },
  });
  const title = classes.find((one) => one.channel === channel)?.title ?? '';
  const [classMs, blockedMs] = await page.evaluate(
    (name) =>
      new Promise<[number, number]>((resolve) => {
        const seen = globalThis as unknown as { blockedMs: number };
        seen.blockedMs = 0;
        const button = [...document.querySelectorAll<HTMLElement>('nav button')].find((one) =>
          one.textContent.includes(name),
        );
        const began = performance.now();
        button?.click();
        const look = () => {
          if (!document.querySelector('main textarea')) return void requestAnimationFrame(look);
          requestAnimationFrame(() => setTimeout(() => resolve([performance.now() - began, seen.blockedMs])));
        };
        look();
      }),
    title,
  );
  await page.context().close();
  return { liveMs, classMs, blockedMs };
}

test('the class view', async () => {
  const { channel, people } = await lesson();
  const reader = people.find(({ role }) => role === 'student')!;
  const speakers = people.filter(({ account }) => account !== reader.account);
  // As much as a class has said when somebody comes late.
  await talk(channel, speakers, 10, 'before');
  const lines = [
    '| CPU | line | inside after, ms | class after, ms | long tasks, ms |',
    '|---|---|---|---|---|',
  ];
  for (const isPoor of [false, true]) {
    for (const slowdown of SLOWDOWNS) {
      const views: ClassView[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        views.push(await classView(reader.account, channel, [slowdown, isPoor]));
      }
      const of = (figure: keyof ClassView) => spread(views.map((view) => view[figure]));
      const line = isPoor ? '400 kbit/s, 400 ms' : 'loopback';
      lines.push(
        `| ${slowdown}× slower | ${line} | ${of('liveMs')} | ${of('classMs')} | ${of('blockedMs')} |`,
      );
    }
  }
  print(lines);
});

interface Frames {
  readonly shown: number;
  readonly dropped: number;
  readonly longestMs: number;
}

/** Counts the page's frames for a while. */
function frames(page: Page, seconds: number): Promise<Frames> {
  return page.evaluate(
    ([ms, droppedMs]) =>
      new Promise<Frames>((resolve) => {
        let [shown, dropped, longestMs] = [0, 0, 0];
        const began = performance.now();
        let before = began;
        const next = (now: number) => {
          const took = now - before;
          before = now;
          shown += 1;
          if (took > droppedMs!) dropped += Math.round(took / (1000 / 60)) - 1;
          longestMs = Math.max(longestMs, took);
          if (now - began < ms!) requestAnimationFrame(next);
          else resolve({ shown, dropped, longestMs });
        };
        requestAnimationFrame(next);
      }),
    [seconds * 1000, DROPPED_MS] as const,
  );
}

/** Posts at this rate, each at its intended instant; how many the hub has taken. */
async function talk(channel: string, people: Account[], rate: number, name: string): Promise<number> {
  const sent: Promise<boolean>[] = [];
  const began = Date.now();
  for (let number = 0; number < rate * SECONDS_PER_RATE; number += 1) {
    const due = began + (number * 1000) / rate;
    const early = due - Date.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    const who = people[number % people.length]!;
    const body = {
      kind: 'post',
      message_id: `${name}.${number}`,
      body: { text: `Message ${number} à ${rate} par seconde : la réponse est dans le cours.` },
    };
    const posted = fetch(`${origin()}/v1/channels/${encodeURIComponent(channel)}/publications`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${who.token}` },
      body: JSON.stringify(body),
    });
    sent.push(posted.then((answer) => answer.ok));
  }
  return (await Promise.all(sent)).filter(Boolean).length;
}

test('a feed that is spoken in', async () => {
  const { channel, people } = await lesson();
  const reader = people.find(({ role }) => role === 'student')!;
  const speakers = people.filter(({ account }) => account !== reader.account);
  const lines = [
    '| CPU | messages/s | stored | frames shown | dropped | longest, ms |',
    '|---|---|---|---|---|---|',
  ];
  for (const slowdown of [4, 6]) {
    const { page } = await phone(slowdown, false);
    await page.goto(origin());
    await page.evaluate((name) => sessionStorage.setItem('preau.account', name), reader.account);
    await page.reload();
    await page.locator('.pill', { hasText: /En direct|Live/ }).waitFor();
    const quiet = await frames(page, 3);
    lines.push(
      `| ${slowdown}× slower | 0 | – | ${quiet.shown} | ${quiet.dropped} | ${quiet.longestMs.toFixed(0)} |`,
    );
    for (const rate of RATES.filter((rate) => rate <= speakers.length * POSTS_PER_ACCOUNT)) {
      const [seen, stored] = await Promise.all([
        frames(page, SECONDS_PER_RATE),
        talk(channel, speakers, rate, `m.${slowdown}.${rate}`),
      ]);
      lines.push(
        `| ${slowdown}× slower | ${rate} | ${stored} of ${rate * SECONDS_PER_RATE} | ${seen.shown} | ` +
          `${seen.dropped} | ${seen.longestMs.toFixed(0)} |`,
      );
    }
    await page.context().close();
  }
  print(lines);
});
