/**
 * Guardians in real browsers against the real binary: a day on which nothing is asked for, the evening that opens by itself with
 * its digest, and parents who live apart, informed alike and unknown to each other. The test moves the demo's clock.
 */

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Cast } from './cast.ts';
import { Demo } from './demo.ts';
import { Office, type Family } from './office.ts';
import { DARK, type Person, PHONE } from './person.ts';

const DIGEST_MS_MAX = 60_000;
const EVENING = '2026-03-27T19:30';
const NEXT_EVENING = '2026-03-30T19:30';
const OUTING = 'Sortie au musée des Confluences';
const MEETING = 'Réunion de la classe';

const demo = new Demo();
const { hub } = demo;
const office = new Office(() => demo.address);
let players: Cast;
let family: Family;

/** Everything of the hub's interface that comes to a page, from now on. */
function hear(page: Page): string[] {
  const heard: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => heard.push(payload.toString())),
  );
  page.on('response', (response) => {
    if (!new URL(response.url()).pathname.startsWith('/v1/')) return;
    void response.text().then(
      (text) => heard.push(text),
      () => undefined,
    );
  });
  return heard;
}

/** A civil minute of the demo's school. */
function minuteOf(ms: number): string {
  const zoned = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Europe/Paris',
    dateStyle: 'short',
    timeStyle: 'short',
  });
  return zoned.format(ms).replace(' ', 'T');
}

const byMail = (page: Page) => page.getByRole('checkbox', { name: 'Recevoir aussi le résumé par courriel' });
const title = (page: Page, day: string) => page.getByRole('heading', { name: `Le résumé du ${day}` });

beforeAll(async () => {
  players = await demo.start();
  family = await office.separated(hub.folder);
  const audience = ['student', 'guardian'];
  const places = [players.channel, family.channel].filter((one, index, all) => all.indexOf(one) === index);
  for (const place of places) {
    const teacher = place === family.channel ? family.teacher : players.teacher.account;
    await office.send(teacher, 'announcement', {
      places: [place],
      audience,
      body: {
        title: OUTING,
        text: 'Rendez-vous jeudi à 8 h devant le lycée, avec un pique-nique.',
        receipt: 'student',
      },
    });
    await office.send(teacher, 'assignment', {
      places: [place],
      audience,
      body: {
        title: 'Vecteurs : exercices 1 à 5',
        text: 'Page 84. Rédiger les réponses.',
        due: '2026-03-31',
        subject: 'Mathématiques',
        links: ['https://fr.wikipedia.org/wiki/Vecteur'],
      },
    });
  }
  await office.send(players.staff.account, 'announcement', {
    places: players.staff.me.channels.filter((channel) => channel.startsWith('school:')),
    audience: ['student', 'guardian', 'teacher'],
    body: { title: 'Cantine', text: 'Repas froid lundi : la cuisine est en travaux.' },
  });
});

afterAll(() => demo.end());

describe('a guardian', () => {
  test(
    'has a calm page all day that asks for nothing, and opens at the hour that was promised, with the digest',
    async () => {
      await office.send(players.staff.account, 'announcement', {
        places: players.staff.me.channels.filter((channel) => channel.startsWith('school:')),
        urgent: { reason: 'journey' },
        body: { title: 'Cars scolaires', text: 'Les cars partent à 16 h aujourd’hui.' },
      });
      const guardian = await demo.arrive(PHONE);
      const { page } = guardian;
      await page.clock.install();
      await page.reload();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
      const answered = page.waitForResponse('**/v1/seat');
      await page.getByRole('button', { name: players.guardian.name }).click();
      const { opens_at, school_time } = (await (await answered).json()) as Record<string, number>;
      const calm = page.getByRole('heading', { name: /^Ouverture pour vous à (18|19):\d\d$/ });
      await calm.waitFor();
      await page.getByText('Cars scolaires').waitFor();
      await guardian.look('guardian-day');

      // The whole day passes on this page, second by second, but for its last two minutes.
      const before = asked.length;
      await page.clock.runFor(opens_at! - school_time! - 120_000);
      await calm.waitFor();
      expect(asked.slice(before)).toEqual([]);
      expect(asked.filter((one) => one.endsWith('/v1/seat'))).toEqual(['POST /v1/seat']);

      await hub.setClock(minuteOf(opens_at! + 60_000));
      const seats = () => asked.filter((one) => one.endsWith('/v1/seat')).length;
      // No further than to the question: what follows is the real network's time.
      for (let second = 0; seats() < 2 && second < 180; second += 1) await page.clock.runFor(1_000);
      await guardian.isLive();
      expect(seats()).toBe(2);
      await title(page, 'vendredi 27 mars').waitFor({ timeout: DIGEST_MS_MAX });
      await page.getByRole('main').getByText(OUTING).first().waitFor();
      // What was urgent stands apart, above.
      const urgent = page.getByRole('region', { name: 'Urgent, sans attendre le résumé' });
      await urgent.getByText('Cars scolaires').waitFor();
      const [above, below] = await Promise.all([
        urgent.boundingBox(),
        title(page, 'vendredi 27 mars').boundingBox(),
      ]);
      expect(above!.y).toBeLessThan(below!.y);
      await guardian.look('guardian-evening');
      await guardian.leave();
    },
    2 * DIGEST_MS_MAX,
  );

  test('reads what the mail preference stops, and keeps a choice', async () => {
    await hub.setClock(EVENING);
    const guardian = await demo.arrive();
    const { page } = guardian;
    await guardian.enter(players.guardian.name);
    await page.getByRole('heading', { name: 'Vos résumés' }).click();
    const mail = byMail(page);
    const urgent = page.getByRole('checkbox', {
      name: 'Recevoir aussitôt par courriel les messages urgents',
    });
    await page.getByText('Il ne se lit qu’ici.').waitFor();
    expect(await urgent.isChecked()).toBe(true);
    await mail.check();
    await page.getByText('Il se lit ici et vous est aussi écrit.').waitFor();
    await urgent.uncheck();
    await page.getByText('aucun courriel ne vous prévient').waitFor();
    await page.getByLabel('Langue des résumés').selectOption('pt');
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await page.getByText('C’est enregistré.').waitFor();
    await guardian.look('guardian-choices');
    await page.reload();
    await guardian.isLive();
    await page.getByRole('heading', { name: 'Vos résumés' }).click();
    await expect.poll(() => mail.isChecked()).toBe(true);
    expect(await urgent.isChecked()).toBe(false);
    expect(await page.getByLabel('Langue des résumés').inputValue()).toBe('pt');
    await page.getByText('Jamais').click();
    await page.getByText('Plus de résumé, ni ici ni par courriel.').waitFor();
    await guardian.leave();
  });
});

describe('parents who live apart', () => {
  let one: Person;
  let other: Person;
  let heardByOne: string[];
  let heardByOther: string[];
  const section = ({ page }: Person) => page.getByRole('heading', { name: `Pour ${family.child.name}` });
  const words = ({ page }: Person) => page.locator('.sheet').first().allInnerTexts();

  test(
    'are informed alike',
    async () => {
      [one, other] = await Promise.all([demo.arrive(), demo.arrive(DARK)]);
      heardByOne = hear(one.page);
      heardByOther = hear(other.page);
      const [first, second] = family.guardians;
      await one.enterAs(first.account);
      await other.enterAs(second.account);
      for (const person of [one, other]) {
        await title(person.page, 'vendredi 27 mars').waitFor({ timeout: DIGEST_MS_MAX });
        await section(person).waitFor();
      }
      expect(await words(one)).toEqual(await words(other));
      expect((await words(one)).join()).toContain(OUTING);
      await one.look('parent-apart');
      await other.look('parent-apart-dark');
    },
    2 * DIGEST_MS_MAX,
  );

  test('never see each other: no name, no receipt, no preference', async () => {
    await one.page.getByRole('button', { name: 'J’ai lu et compris' }).click();
    await one.page.getByText('Vous avez confirmé avoir lu.').waitFor();
    await one.page.getByRole('heading', { name: 'Vos résumés' }).click();
    await byMail(one.page).check();
    await one.page.getByLabel('Langue des résumés').selectOption('en');
    await one.page.getByRole('button', { name: 'Enregistrer' }).click();
    await one.page.getByText('C’est enregistré.').waitFor();

    await other.page.reload();
    await other.isLive();
    await title(other.page, 'vendredi 27 mars').waitFor();
    await other.page.getByRole('button', { name: 'J’ai lu et compris' }).waitFor();
    expect(await other.count('Vous avez confirmé avoir lu.')).toBe(0);
    await other.page.getByRole('heading', { name: 'Vos résumés' }).click();
    expect(await byMail(other.page).isChecked()).toBe(false);
    expect(await other.page.getByLabel('Langue des résumés').inputValue()).toBe('fr');
    await other.page.getByRole('heading', { name: 'Vos résumés' }).click();

    const [first, second] = family.guardians;
    for (const [heard, { account, name }] of [
      [heardByOne, second],
      [heardByOther, first],
    ] as const) {
      expect(heard.length).toBeGreaterThan(5);
      const told = heard.filter((text) => text.includes(`"${account}"`) || text.includes(name));
      expect(told).toEqual([]);
    }
    for (const [person, { name }] of [
      [one, second],
      [other, first],
    ] as const) {
      expect(await person.page.getByText(name).count()).toBe(0);
    }
  });

  test('are parted at once where a link is cut, and the other notices nothing', async () => {
    const [first] = family.guardians;
    const before = await words(other);
    const [isOther, isTold] = [heardByOther.length, (text: string) => !text.includes('"pong"')];
    await office.call(players.staff.account, 'POST', '/v1/family/links', {
      guardian: first.account,
      child: family.child.account,
      verdict: 'cut',
      why: 'journey',
    });
    await section(one).waitFor({ state: 'detached' });
    expect(await one.count(OUTING)).toBe(0);
    await one.isLive();
    await one.look('parent-cut');
    expect(heardByOther.slice(isOther).filter(isTold)).toEqual([]);
    expect(await words(other)).toEqual(before);
  });

  test('and the hub tells nothing of the child any more, also not of the evening before', async () => {
    const [first] = family.guardians;
    const again = await demo.arrive();
    const heard = hear(again.page);
    await again.enterAs(first.account);
    const has = (...parts: string[]) => heard.some((text) => parts.every((part) => text.includes(part)));
    // Both ways to the past: on the socket, and page by page.
    await expect.poll(() => has('"caught_up"', `"account:${first.account}"`), { timeout: 10_000 }).toBe(true);
    await expect.poll(() => has('"publications"', '"trimmed"'), { timeout: 10_000 }).toBe(true);
    expect([has(OUTING), has('"digest"', family.child.account)]).toEqual([false, false]);
    await again.leave();
  });

  test(
    'and the next evening is the other’s alone',
    async () => {
      await office.send(family.teacher, 'announcement', {
        places: [family.channel],
        audience: ['student', 'guardian'],
        body: { title: MEETING, text: 'Mardi à 18 h, salle 204.' },
      });
      await hub.setClock(NEXT_EVENING);
      await title(other.page, 'lundi 30 mars').waitFor({ timeout: DIGEST_MS_MAX });
      await other.page.getByText(MEETING).waitFor();
      // The evening before is among those of the past, by its day.
      const past = other.page.getByRole('region', { name: 'Résumés précédents' });
      await past.getByText('vendredi 27 mars').click();
      await past.getByText(OUTING).first().waitFor();
      await other.page.getByText('Pas de résumé plus ancien').waitFor();
      await other.look('guardian-past');
      expect(await one.count(MEETING)).toBe(0);
      expect(heardByOne.filter((text) => text.includes(MEETING))).toEqual([]);
      for (const person of [one, other]) await person.leave();
    },
    2 * DIGEST_MS_MAX,
  );
});
