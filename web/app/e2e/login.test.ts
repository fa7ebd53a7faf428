/**
 * Logging in with the workspace in a real browser: in, live, out everywhere in two windows at once; every state of the
 * entrance; and a page of ours that another page tries to frame.
 */

import { createServer } from 'node:http';
import { once } from 'node:events';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { DARK, type Person, PHONE } from './person.ts';
import { atProvider, PUPIL, STRANGER, TEACHER, Workspace } from './workspace.ts';

const NARROW: BrowserContextOptions = { viewport: { width: 320, height: 700 } };

const space = new Workspace();

/** Goes to the provider, says who one is there, and comes back. */
async function logIn(person: Person, account: string): Promise<void> {
  await person.page.getByRole('button', { name: 'Se connecter avec l’espace de travail' }).click();
  await atProvider(person, account);
}

beforeAll(() => space.start());
afterAll(() => space.end());

describe('somebody of the school', () => {
  test('logs in with the workspace, is live, and out everywhere ends both windows', async () => {
    const teacher = await space.arrive();
    await teacher.page.getByRole('heading', { name: 'Entrer dans le préau' }).waitFor();
    await teacher.look('login');
    await logIn(teacher, TEACHER.account);
    await teacher.isLive();
    expect(new URL(teacher.page.url()).origin).toBe(space.address);
    await teacher.page.getByText(TEACHER.name).first().waitFor();
    // No script reads the log-in, and nothing of it is kept.
    expect(await teacher.page.evaluate(() => document.cookie)).toBe('');
    const kept = await teacher.page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
    expect(kept).not.toMatch(/ey[A-Za-z0-9_-]{10,}\./);
    await teacher.page.reload();
    await teacher.isLive();

    const phone = await space.arrive(PHONE);
    await logIn(phone, TEACHER.account);
    await phone.isLive();
    const tab = await teacher.tab();
    await tab.isLive();

    await teacher.page.getByText('Se déconnecter', { exact: true }).click();
    await teacher.look('logout-menu');
    await teacher.page.getByRole('button', { name: 'Sur tous mes appareils' }).click();
    for (const window of [tab, phone]) {
      await window.page.getByRole('heading', { name: 'Vous êtes déconnecté' }).waitFor();
    }
    await tab.look('logged-out');
    await phone.look('logged-out-phone');
    // The provider asks whether it should forget its log-in too.
    await teacher.page.waitForURL(/\/session\/end/);
    await teacher.page.locator('button[value=yes]').click();
    await teacher.page.getByRole('heading', { name: 'Entrer dans le préau' }).waitFor();
    await phone.leave();
    await teacher.leave();
  });

  test('in English, on a narrow screen and in the dark', async () => {
    const pupil = await space.arrive({ ...NARROW, ...DARK, locale: 'en-GB' });
    await pupil.page.getByRole('heading', { name: 'Come into the préau' }).waitFor();
    await pupil.look('login-narrow-dark-en');
    await pupil.page.getByRole('button', { name: 'Log in with the workspace' }).click();
    await atProvider(pupil, PUPIL.account);
    await pupil.isLive();
    await pupil.page.getByText('Log out', { exact: true }).click();
    await pupil.look('logout-menu-narrow-dark-en');
    await pupil.page.keyboard.press('Escape');
    await pupil.page.getByRole('button', { name: 'On this device' }).waitFor({ state: 'hidden' });
    await pupil.leave();
  });
});

describe('somebody who does not come in', () => {
  test('is told that the roster does not hold the account', async () => {
    const stranger = await space.arrive(PHONE);
    await logIn(stranger, STRANGER.account);
    await stranger.page.getByRole('heading', { name: 'Ce compte n’est pas dans l’annuaire' }).waitFor();
    expect(new URL(stranger.page.url()).search).toBe('');
    await stranger.look('login-unknown-phone');
    await stranger.leave();
  });

  test.each([
    ['away', 'L’espace de travail ne répond pas'],
    ['denied', 'La connexion a été refusée'],
    ['again', 'Il faut recommencer la connexion'],
    ['busy', 'Beaucoup de monde se connecte'],
  ])('is told of %s', async (word, title) => {
    const person = await space.arrive();
    await person.page.goto(`${space.address}/?login=${word}`);
    await person.page.getByRole('heading', { name: title }).waitFor();
    await person.look(`login-${word}`);
    await person.page.getByRole('button', { name: 'English' }).click();
    await person.page.getByRole('button', { name: 'Log in again with the workspace' }).waitFor();
    await person.isAccessible(`login-${word}-en`);
    await person.leave();
  });

  test('comes in once the workspace answers again', async () => {
    const pupil = await space.arrive();
    await space.tell('away');
    await pupil.page.getByRole('button', { name: 'Se connecter avec l’espace de travail' }).click();
    // The browser's own page says that nobody answers; until it stands it would break off the way back.
    await pupil.page.waitForURL(/^chrome-error:/);
    await space.tell('back');
    await pupil.page.goto(space.address);
    await logIn(pupil, PUPIL.account);
    await pupil.isLive();
    await pupil.leave();
  });
});

describe('another site', () => {
  test('frames no page of ours', async () => {
    const site = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><title>evil</title><iframe src="${space.address}/"></iframe>`);
    });
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    const port = (site.address() as { port: number }).port;
    const victim = await space.arrive();
    const refused = victim.page.waitForEvent('console', (message) => /frame/i.test(message.text()));
    await victim.page.goto(`http://127.0.0.1:${port}/`);
    expect((await refused).text()).toMatch(/frame-ancestors|X-Frame-Options/);
    const framed = victim.page.frames().find((frame) => frame !== victim.page.mainFrame());
    expect(await framed?.locator('#app').count()).toBe(0);
    await victim.page.context().close();
    site.close();
  });

  test('gets no token by a page that it leads to ours', async () => {
    const pupil = await space.arrive();
    await logIn(pupil, PUPIL.account);
    await pupil.isLive();
    const site = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>evil</title>');
    });
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    const port = (site.address() as { port: number }).port;
    const evil = await pupil.page.context().newPage();
    await evil.goto(`http://127.0.0.1:${port}/`);
    // The same host on another port: its cookies go along, and the origin is another.
    const outcome = await evil.evaluate(async (hub) => {
      const tries = [{}, { 'preau-page': '1' }, { 'content-type': 'text/plain' }].map((headers) =>
        fetch(`${hub}/v1/login/token`, { method: 'POST', credentials: 'include', headers })
          .then((answer) => `read ${answer.status}`)
          .catch(() => 'refused'),
      );
      return Promise.all(tries);
    }, space.address);
    expect(outcome).toEqual(['refused', 'refused', 'refused']);
    const form = evil.waitForResponse(/\/v1\/logout$/);
    await evil.evaluate((hub) => {
      document.body.innerHTML = `<form method="post" action="${hub}/v1/logout"><input name="everywhere" value="true"></form>`;
      document.forms[0]?.submit();
    }, space.address);
    expect((await form).status()).toBe(403);
    await pupil.page.reload();
    await pupil.isLive();
    await pupil.page.context().close();
    site.close();
  });
});
