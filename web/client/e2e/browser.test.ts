/** The example for the browser against the real hub, served from the package as it is packed. */

import type { Browser, Page } from 'playwright-core';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { launch } from '../../app/e2e/person.ts';
import { Installed } from './installed.ts';
import { CLASS, PUPIL, School, TEACHER } from './school.ts';
import { Site } from './site.ts';

const school = new School();
let installed: Installed;
let site: Site;
let browser: Browser;
let page: Page;
const mishaps: string[] = [];

beforeAll(async () => {
  installed = new Installed();
  await school.open();
  site = new Site(pathToFileURL(`${installed.folder}/node_modules/@preau/client/`), () => school.hub.port);
  const address = await site.open();
  browser = await launch();
  page = await browser.newPage();
  page.on('pageerror', (error) => mishaps.push(error.message));
  await page.goto(`${address}/examples/browser/index.html`);
});

afterAll(async () => {
  await browser?.close();
  site?.close();
  await school.close();
  installed?.remove();
});

async function follow(account: string): Promise<void> {
  await page.getByLabel('Token').fill(await school.token(account));
  await page.getByLabel('Channel').fill(CLASS);
  await page.getByRole('button', { name: 'Follow' }).click();
  await page.getByRole('status').filter({ hasText: 'live' }).waitFor();
}

const lines = () => page.getByRole('listitem').allTextContents();
const sees = (text: string) => page.getByRole('listitem').filter({ hasText: text }).waitFor();

test('shows what is published, as text', async () => {
  await follow(PUPIL);
  await school.write('<b>Bonjour</b>');
  await sees('<b>Bonjour</b>');
  expect(await lines()).toEqual([`${TEACHER}: <b>Bonjour</b>`]);
});

test('goes on after a reload where it stopped', async () => {
  await page.reload();
  await school.write('pendant le rechargement');
  await follow(PUPIL);
  await sees('pendant le rechargement');
  expect(await lines()).toEqual([`${TEACHER}: <b>Bonjour</b>`, `${TEACHER}: pendant le rechargement`]);
});

test('shows nothing of somebody who used the tab before', async () => {
  await page.evaluate(() => sessionStorage.setItem('reader.lines', '["s.petit: à moi seule"]'));
  await page.reload();
  await follow(TEACHER);
  await sees('pendant le rechargement');
  expect(await lines()).toEqual([`${TEACHER}: <b>Bonjour</b>`, `${TEACHER}: pendant le rechargement`]);
  expect(await page.evaluate(() => sessionStorage.getItem('reader.positions'))).toContain(TEACHER);
});

test('nothing went wrong unseen', () => {
  expect(mishaps).toEqual([]);
});
