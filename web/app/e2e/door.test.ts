/**
 * The screens at the door in real browsers. The answers at the door are those of `docs/PROTOCOL.md`, put in the hub's place
 * here, so that each screen can be looked at for as long as it takes; everything else is the real binary.
 * `hours.test.ts` goes the same ways against the hub's own answers.
 */

import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Cast } from './cast.ts';
import { Demo } from './demo.ts';
import { DARK, type Person, PHONE } from './person.ts';

const demo = new Demo();
let players: Cast;

/** 2026-03-27T10:12 in Paris, as the demo begins, and the evening of that day. */
const MORNING = Date.parse('2026-03-27T10:12+01:00');
const EVENING = Date.parse('2026-03-27T18:12+01:00');
const ITEMS = [
  {
    published_at: MORNING - 3_600_000,
    kind: 'announcement',
    body: { title: 'Cantine', text: 'Repas froid aujourd’hui : la cuisine est en travaux.' },
  },
  {
    published_at: MORNING - 60_000,
    kind: 'announcement',
    body: { title: 'Grève des transports', text: 'Les cars scolaires ne circulent pas vendredi après-midi.' },
    urgent: true,
  },
];

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Answers the next questions for a seat in the hub's place; after the last one the hub answers itself. */
async function atTheDoor(page: Page, answers: readonly Answer[]): Promise<{ readonly shown: unknown[] }> {
  const shown: unknown[] = [];
  const left = [...answers];
  await page.route('**/v1/seat', async (route) => {
    shown.push(route.request().postDataJSON());
    const answer = left.shift();
    if (!answer) return route.continue();
    await route.fulfill({ status: answer.status, json: answer.body });
  });
  return { shown };
}

async function bulletins(page: Page, notice?: object): Promise<void> {
  await page.route('**/v1/bulletin/*', (route) => {
    const isRegion = route.request().url().endsWith('/region');
    return route.fulfill({ json: isRegion ? { publications: [], notice } : { publications: ITEMS } });
  });
}

/** Nobody moves on while a place is looked at: the page's clock is put forward for that. */
const RETRY_MS = 600_000;
const place = (ahead: number): Answer => ({
  status: 202,
  body: { ticket: `ticket-${ahead}`, ahead, retry_after_ms: RETRY_MS, load: 3 },
});

/** Somebody whose page's clock can be put forward. */
async function arriveInTime(options: BrowserContextOptions = {}): Promise<Person> {
  const person = await demo.arrive(options);
  await person.page.clock.install();
  await person.page.reload();
  return person;
}

/** Waits until the page asks for a seat again, as it was told to. */
async function askAgain({ page }: Person): Promise<void> {
  const asked = page.waitForRequest('**/v1/seat');
  await page.clock.fastForward(2 * RETRY_MS);
  await asked;
}

const outOfHours: Answer = {
  status: 403,
  body: { code: 'suspended', status: 403, title: 'x', more: { opens_at: EVENING, school_time: MORNING } },
};

beforeAll(async () => {
  players = await demo.start();
});
afterAll(() => demo.end());

describe('the waiting room', () => {
  test('shows the way, and lets in by itself', async () => {
    const person = await arriveInTime();
    const { page } = person;
    await bulletins(page);
    // A bulletin that is read later is newer than what the door has told, and this one holds no notice.
    let release = () => {};
    const isReleased = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/v1/bulletin/*', async (route) => {
      await isReleased;
      await route.fallback();
    });
    const told = { text: 'Beaucoup de monde ce matin.', lang: 'fr', since: MORNING };
    const telling = ({ status, body }: Answer) => ({ status, body: { ...(body as object), notice: told } });
    const { shown } = await atTheDoor(page, [telling(place(1_240)), telling(place(310)), place(0)]);
    await page.getByRole('button', { name: players.pupil.name }).click();
    await page.getByRole('heading', { name: 'Vous êtes dans la salle d’attente' }).waitFor();
    await page.getByText(/^Environ 1\s200 personnes avant vous\./).waitFor();
    await page.getByRole('status').getByText(told.text).waitFor();
    release();
    // Before the clock is put forward, by which a question that is still open would have run out of time.
    await page.getByText('Grève des transports').waitFor();
    await askAgain(person);
    await page.getByText('Environ 310 personnes avant vous.').waitFor();
    expect(Number(await page.getByRole('progressbar').getAttribute('value'))).toBe(930);
    await page.getByText('Grève des transports').waitFor();
    await person.look('waiting');
    await askAgain(person);
    await page.getByText('C’est bientôt à vous.').waitFor();
    await askAgain(person);
    await person.isLive();
    expect(shown).toEqual([
      null,
      { ticket: 'ticket-1240' },
      { ticket: 'ticket-310' },
      { ticket: 'ticket-0' },
    ]);
    await person.leave();
  });

  test('keeps a place across a reload, on a phone, in the dark', async () => {
    const person = await arriveInTime({ ...PHONE, ...DARK });
    const { page } = person;
    await bulletins(page, { text: 'Retards ce matin : nous y travaillons.', since: MORNING });
    const { shown } = await atTheDoor(page, [place(42)]);
    await page.getByRole('button', { name: players.pupil.name }).click();
    await page.getByText('Environ 42 personnes avant vous.').waitFor();
    await page.reload();
    await page.getByText('Environ 42 personnes avant vous.').waitFor();
    await page.getByText('Retards ce matin : nous y travaillons.').waitFor();
    await person.look('waiting-phone-dark');
    expect(shown).toEqual([null]);
    await askAgain(person);
    await person.isLive();
    expect(shown).toEqual([null, { ticket: 'ticket-42' }]);
    await person.leave();
  });
});

describe('out of hours', () => {
  test('a parent is told when it opens, and what the school says', async () => {
    const person = await demo.arrive(PHONE);
    const { page } = person;
    await bulletins(page);
    const { shown } = await atTheDoor(page, [outOfHours]);
    await page.getByRole('button', { name: players.guardian.name }).click();
    await page.getByRole('heading', { name: 'Ouverture pour vous à 18:12' }).waitFor();
    await page.getByText('Cantine').waitFor();
    await person.look('suspended-phone');
    expect(shown).toHaveLength(1);
    await page
      .getByRole('button', { name: 'English' })
      .or(page.getByRole('button', { name: 'EN' }))
      .click();
    await page.getByRole('heading', { name: 'Opens for you at 18:12' }).waitFor();
    await person.look('suspended-phone-english');
    await person.leave();
  });
});

describe('inside', () => {
  test('the load and a notice stand above the feed; another window takes over', async () => {
    const person = await demo.arrive();
    const { page } = person;
    await bulletins(page, { text: 'Retards ce matin : nous y travaillons.', since: MORNING });
    let close: () => void = () => undefined;
    await page.routeWebSocket('**/v1/socket*', (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        socket.send(message);
        if (String(message).includes('"welcome"')) socket.send('{"type":"load","level":3}');
      });
      close = () => void socket.close({ code: 4003, reason: '{"code":"replaced"}' });
    });
    // Sockets are routed on pages that are loaded after it was said.
    await page.reload();
    await person.enter(players.pupil.name);
    await page.getByText('Énormément de monde').waitFor();
    await page.getByText('Retards ce matin : nous y travaillons.').waitFor();
    await person.look('loaded');
    close();
    await page.getByRole('heading', { name: 'Vous avez ouvert le préau dans une autre fenêtre' }).waitFor();
    await person.look('elsewhere');
    await page.getByRole('button', { name: 'Continuer dans cette fenêtre' }).click();
    await person.isLive();
    await person.leave();
  });
});
