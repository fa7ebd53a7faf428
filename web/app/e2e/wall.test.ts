/**
 * Operators who log in with the workspace at their own listener, with a real identity provider: in and out, who else finds
 * the page, and a page under a name that no log-in is good for.
 */

import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Person } from './person.ts';
import { atProvider, OPERATOR, STRANGER, TEACHER, Workspace } from './workspace.ts';

const SMALL_PHONE: BrowserContextOptions = { viewport: { width: 320, height: 720 } };
const LOG_IN = 'Se connecter avec l’espace de travail';

const space = new Workspace();
const wall = () => space.operators;

const isLive = ({ page }: Person) => page.locator('.line', { hasText: /En direct|Live/ }).waitFor();

beforeAll(() => space.start());
afterAll(() => space.end());

test('an operator logs in, comes back to the wall, stays over a reload, and logs out', async () => {
  const operator = await space.arrive({}, wall());
  const { page } = operator;
  await page.getByRole('heading', { name: 'Entrer avec l’espace de travail' }).waitFor();
  await operator.look('operations-login');
  await page.getByRole('button', { name: LOG_IN }).click();
  await atProvider(operator, OPERATOR.account);
  await isLive(operator);
  expect(new URL(page.url()).origin).toBe(wall());
  // No script reads the log-in, and no token is kept.
  expect(await page.evaluate(() => document.cookie)).toBe('');
  const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
  expect(kept).not.toMatch(/ey[A-Za-z0-9_-]{10,}\./);
  await page.reload();
  await isLive(operator);
  // What is changed stands under the account.
  await page.getByRole('navigation').getByRole('button', { name: 'Agir' }).click();
  await page.getByLabel('Places au plus').fill('500');
  await page.getByRole('button', { name: 'Simuler' }).click();
  await page.getByText('Il y aurait 500 places.').waitFor();
  await page.getByRole('navigation').getByRole('button', { name: 'Journal' }).click();
  await page.getByRole('cell', { name: OPERATOR.account }).first().waitFor();
  await page.getByRole('button', { name: 'Sortir' }).click();
  await page.waitForURL(/\/session\/end/);
  await page.locator('button[value=yes]').click();
  await page.getByRole('heading', { name: 'Entrer dans le préau' }).waitFor();
  await page.goto(wall());
  await page.getByRole('button', { name: LOG_IN }).waitFor();
  await operator.leave();
});

test('whoever has logged in on everybody’s page and is no operator is told so, and can log out', async () => {
  const teacher = await space.arrive();
  const { page } = teacher;
  await page.getByRole('button', { name: LOG_IN }).click();
  await atProvider(teacher, TEACHER.account);
  await teacher.isLive();
  await page.goto(wall());
  await page.getByText(`Vous êtes connecté comme ${TEACHER.account}`).waitFor();
  await teacher.look('operations-no-operator');
  await page.getByRole('button', { name: 'Se déconnecter' }).click();
  await page.waitForURL(/\/session\/end/);
  await teacher.leave();
});

test('an operator who is in on everybody’s page is in on the wall, in English and on a phone', async () => {
  const operator = await space.arrive({ ...SMALL_PHONE, locale: 'en-GB' }, wall());
  const { page } = operator;
  await page.getByRole('button', { name: 'Log in with the workspace' }).waitFor();
  await operator.look('operations-login-phone-en');
  await page.goto(space.address);
  await page.getByRole('button', { name: 'Log in with the workspace' }).click();
  await atProvider(operator, OPERATOR.account);
  await operator.isLive();
  await page.goto(wall());
  await isLive(operator);
  await operator.leave();
});

test('somebody whom the roster does not hold does not come in', async () => {
  const stranger = await space.arrive({}, wall());
  await stranger.page.getByRole('button', { name: LOG_IN }).click();
  await atProvider(stranger, STRANGER.account);
  await stranger.page.getByRole('heading', { name: 'Ce compte n’est pas dans l’annuaire' }).waitFor();
  await stranger.leave();
});

test('a page under a name that no log-in is good for says under which it is', async () => {
  const operator = await space.arrive({}, wall().replace('127.0.0.1', 'localhost'));
  const { page } = operator;
  await page.getByText(`ne vaut que sous le nom de ${space.address}`).waitFor();
  expect(await page.getByRole('button', { name: LOG_IN }).count()).toBe(0);
  await operator.look('operations-elsewhere');
  await operator.leave();
});

test('a workspace that is away is told of, and the secret still opens', async () => {
  const operator = await space.arrive({}, `${wall()}/?login=away`);
  const { page } = operator;
  await page.getByText('L’espace de travail ne répond pas.').waitFor();
  expect(new URL(page.url()).search).toBe('');
  await page.getByLabel('Secret ou jeton').waitFor();
  await operator.look('operations-away');
  await operator.leave();
});
