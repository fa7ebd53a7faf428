/** The declaration of accessibility: found from every page, in both languages, and accessible itself. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Hub } from './hub.ts';
import { DARK, launch, Person } from './person.ts';
import { Wire } from './wire.ts';

const SMALL_PHONE: BrowserContextOptions = { viewport: { width: 320, height: 720 } };

const folder = mkdtempSync(join(tmpdir(), 'preau-e2e-'));
const hub = new Hub(folder);
let browser: Browser;

beforeAll(async () => {
  await hub.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await hub.kill();
  rmSync(folder, { recursive: true, force: true });
});

const PAGES = [
  ['everybody', () => hub.port],
  ['operators', () => hub.operatorPort],
] as const;

test.each(PAGES)('is one step from the page of %s, in French', async (whose, port) => {
  const person = await Person.arrive(browser, new Wire(port));
  const { page } = person;
  await page.getByRole('link', { name: 'Accessibilité : non conforme' }).click();
  await page.getByRole('heading', { level: 1, name: 'Accessibilité : déclaration' }).waitFor();
  await page.getByRole('link', { name: 'Défenseur des droits', exact: true }).waitFor();
  await person.isAccessible(`declaration-${whose}`);
  await person.fits(`declaration-${whose}`);
  await person.picture(`declaration-${whose}`);
  await page.getByRole('link', { name: 'préau', exact: true }).click();
  await page.getByRole('button').first().waitFor();
  await person.leave();
});

test('leads to its English part, in the dark and at 320 pixels, without a script', async () => {
  const person = await Person.arrive(browser, new Wire(() => hub.port), {
    ...SMALL_PHONE,
    ...DARK,
    locale: 'en-GB',
  });
  const { page } = person;
  await page.getByRole('link', { name: 'Accessibility: not compliant' }).click();
  const heading = page.getByRole('heading', { level: 1, name: 'Accessibility statement' });
  await heading.waitFor();
  await expect.poll(() => heading.evaluate((one) => one.getBoundingClientRect().top)).toBeLessThan(200);
  expect(await page.locator('script').count()).toBe(0);
  await person.isAccessible('declaration-narrow-dark-en');
  await person.fits('declaration-narrow-dark-en');
  await person.picture('declaration-narrow-dark-en');
  await person.leave();
});
