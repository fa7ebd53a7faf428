/**
 * The ways through the door in real browsers against the hub's own answers: parents out during the day and in again in the
 * evening by themselves, a network that blocks WebSockets, and one account in more windows than it may have.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Cast } from './cast.ts';
import { Demo } from './demo.ts';
import { type Person, PHONE } from './person.ts';

const demo = new Demo();
const { hub } = demo;
let players: Cast;

/** Sessions that one pupil may have. */
const SESSIONS_MAX = 3;
const CLOSING_MS_MAX = 60_000;

beforeAll(async () => {
  players = await demo.start();
});
afterAll(() => demo.end());

describe('a parent', () => {
  test(
    'is told during the day when it opens, and comes in by itself once another tab has set the demo’s clock',
    async () => {
      const parent = await demo.arrive(PHONE);
      await parent.page.getByRole('button', { name: players.guardian.name }).click();
      await parent.page.getByRole('heading', { name: /^Ouverture pour vous à (18|19):\d\d$/ }).waitFor();
      await parent.look('suspended-hub');
      const tab = await parent.tab();
      await tab.enter(players.teacher.name);
      await tab.clock.locator('summary').click();
      await tab.page.getByLabel('Date et heure du lycée').fill('2026-03-27T19:59');
      await tab.page.getByRole('button', { name: 'Régler' }).click();
      await parent.isLive();
      expect(tab.mishaps).toEqual([]);
      await tab.page.close();

      await hub.setClock('2026-03-30T08:01');
      // The hub lets its doors shut over some minutes, each parent at a moment of their own.
      const closed = parent.page.getByRole('heading', { name: /^Ouverture pour vous à/ });
      await closed.waitFor({ timeout: CLOSING_MS_MAX });
      await parent.leave();
    },
    2 * CLOSING_MS_MAX,
  );
});

describe('a pupil', () => {
  test('whose network lets no WebSocket pass reads, and is told so', async () => {
    const pupil = await demo.arrive(PHONE);
    pupil.wire.blockSockets();
    await pupil.page.getByRole('button', { name: players.pupil.name }).click();
    await pupil.page.getByText('Votre réseau bloque la connexion en direct').waitFor();
    await pupil.look('reading-phone');
    await pupil.leave();
  });

  test('in one window too many is told in the one that gives way', async () => {
    const windows: Person[] = [];
    for (let count = 0; count <= SESSIONS_MAX; count += 1) {
      const window = await demo.arrive();
      await window.enter(players.pupil.name);
      windows.push(window);
    }
    const [first] = windows;
    const title = 'Vous avez ouvert le préau dans une autre fenêtre';
    await first!.page.getByRole('heading', { name: title }).waitFor();
    for (const window of windows) await window.leave();
  });
});
