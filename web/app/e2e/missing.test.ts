/**
 * Parts of the page that are fetched when they are wanted, while their files do not come: what people are told, that trying again
 * brings them once the line lets them through, with their looks, and what is offered while it does not.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Cast } from './cast.ts';
import { Demo } from './demo.ts';
import type { Person } from './person.ts';
import { show } from './screens.ts';

const demo = new Demo();
let players: Cast;

/** From now on these files do not come. Says how often they were asked for. */
async function block({ page }: Person, files: RegExp): Promise<() => number> {
  let times = 0;
  await page.route(files, (route) => {
    times += 1;
    return route.abort();
  });
  return () => times;
}

const notice = ({ page }: Person) =>
  page.getByRole('alert').filter({ hasText: 'Cette partie de la page n’a pas pu être chargée.' });
const retry = (person: Person) => notice(person).getByRole('button', { name: 'Réessayer' });
/** Offered from the second failure on: some browsers remember the first one until the page is loaded again. */
const reload = (person: Person) => notice(person).getByRole('button', { name: 'Recharger la page' });

beforeAll(async () => {
  players = await demo.start();
});
afterAll(() => demo.end());

describe('a part whose code does not come', () => {
  test('is asked for again by its button, and takes the focus once it is there', async () => {
    const pupil = await demo.arrive();
    const files = /\/assets\/ClassPane-[^/]*\.js$/;
    const times = await block(pupil, files);
    await pupil.enter(players.pupil.name);
    await pupil.go(players.title);
    await notice(pupil).waitFor();
    expect(await notice(pupil).getByRole('button').count()).toBe(1);
    await pupil.fits('missing');

    const before = times();
    await retry(pupil).focus();
    await pupil.page.keyboard.press('Enter');
    await reload(pupil).waitFor();
    expect(times()).toBeGreaterThan(before);
    // Whoever presses with the keyboard is still on the button.
    expect(await retry(pupil).evaluate((button) => button === document.activeElement)).toBe(true);
    await pupil.page.unroute(files);
    await retry(pupil).focus();
    await pupil.page.keyboard.press('Enter');
    await pupil.page.getByRole('heading', { name: players.title, level: 1 }).waitFor();
    expect(await notice(pupil).count()).toBe(0);
    const main = pupil.page.getByRole('main');
    await expect.poll(() => main.evaluate((element) => element === document.activeElement)).toBe(true);
    await pupil.leave();
  });

  test('comes after a reload of the page, too', async () => {
    const pupil = await demo.arrive();
    const files = /\/assets\/DueList-[^/]*\.js$/;
    await block(pupil, files);
    await pupil.enter(players.pupil.name);
    await notice(pupil).waitFor();
    await retry(pupil).click();
    await reload(pupil).waitFor();
    await pupil.page.unroute(files);
    await reload(pupil).click();
    await pupil.page.getByRole('heading', { name: 'À rendre' }).waitFor();
    expect(await notice(pupil).count()).toBe(0);
    await pupil.leave();
  });

  test('does not take the rest of the page with it', async () => {
    const pupil = await demo.arrive();
    const files = /\/assets\/(DemoClock|DueList)-[^/]*\.js$/;
    await block(pupil, files);
    await pupil.enter(players.pupil.name);
    await expect.poll(() => notice(pupil).count()).toBe(2);
    await show(pupil, { name: 'missing-beside', go: () => Promise.resolve() });
    await pupil.page.unroute(files);
    await retry(pupil).first().click();
    await pupil.clock.waitFor();
    await retry(pupil).click();
    await pupil.page.getByRole('heading', { name: 'À rendre' }).waitFor();
    await pupil.leave();
  });
});

describe('a part whose looks do not come', () => {
  test('waits for them', async () => {
    const teacher = await demo.arrive();
    const files = /\/assets\/Desk-[^/]*\.css$/;
    await block(teacher, files);
    await teacher.enter(players.teacher.name);
    await teacher.go('Annonces et devoirs');
    await notice(teacher).waitFor();
    await retry(teacher).click();
    await reload(teacher).waitFor();
    await teacher.page.unroute(files);
    await retry(teacher).click();
    await notice(teacher).waitFor({ state: 'detached' });
    const rules = await teacher.page.evaluate(() =>
      [...document.styleSheets]
        .filter(({ href }) => href?.includes('/assets/Desk-'))
        .map(({ cssRules }) => cssRules.length > 0),
    );
    expect(rules).toEqual([true]);
    await teacher.leave();
  });
});
