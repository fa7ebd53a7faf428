/**
 * What people write is text, whatever it holds: markup, scripts, the braces of our own templates, letters that turn a line
 * around or can't be seen, words without an end. It goes here through every kind of body and every name of the roster, to the
 * pages of everybody who reads it; nothing of it runs, all of it can be read, and the pages hold at 320 pixels.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cast, type Cast } from './cast.ts';
import { Hub } from './hub.ts';
import { Office } from './office.ts';
import { launch, Person } from './person.ts';
import { changeRows } from './roster.ts';
import { Wire } from './wire.ts';

const DIGEST_MS_MAX = 60_000;
/** What would tell that something ran. */
const RUN = 'globalThis.ran=1';
/** Turns the letters after it around, and hides between them. */
const BIDI = 'gauche \u202Eetiord\u202C \u2066isolé\u2069 z\u200Bé\u200Dr\uFEFFo';
const EMOJI = '😀 👩‍👩‍👧‍👦 🏳️‍🌈 𝕻𝖗é𝖆𝖚';
const ENDLESS = 'Anticonstitutionnellement'.repeat(8);

/** Each line by itself is a way to run something, or to break a page. */
const WILD = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<svg/onload=${RUN}><script>${RUN}</script></svg>`,
  `<iframe srcdoc="<script>parent.ran=1</script>"></iframe>`,
  `"><details open ontoggle=${RUN}> ' & &lt;b&gt;`,
  `[x](javascript:${RUN}) javascript:${RUN}`,
  `{@html '<img src=x onerror=${RUN}>'} {${RUN}} {{constructor.constructor('${RUN}')()}}`,
  BIDI,
  EMOJI,
  ENDLESS,
];
/** The same as far as a short text holds it. */
const SHORT = [WILD[1]!, WILD[4]!, BIDI, EMOJI, 'Long'.repeat(40)];
const TITLE = `${WILD[1]} {${RUN}} ${BIDI} 😀 ${'Titre'.repeat(15)}`;
const TITLE_EN = `${WILD[2]} 😀`;
const SUBJECT = `<b onclick=${RUN}>Maths</b> {1+1} ${'x'.repeat(60)}`;
const LINK = `https://fr.wikipedia.org/"><img/src=x/onerror=${RUN}>`;
const GIVEN = `<img src=x onerror=${RUN}>\u202Eeél😀`;
const FAMILY = `{${RUN}}${'Petit'.repeat(12)}`;
const CLASS = `<svg onload=${RUN}> 2A \u202E😀 ${'Classe'.repeat(10)}`;
/** In the foot of each page. */
const DECLARED = ['/accessibilite.html', '/accessibilite.html#accessibility-statement'].map(
  (href) => `footer a[href="${href}"]`,
);
const SCHOOL = `<script>${RUN}</script> ${'Lycée'.repeat(12)}`;

const folder = mkdtempSync(join(tmpdir(), 'preau-e2e-'));
const hub = new Hub(folder);
const office = new Office(() => `http://127.0.0.1:${hub.port}`);
const arrived: Person[] = [];
let browser: Browser;
let players: Cast;
let teacher: Person;
let pupil: Person;

async function arrive(options: BrowserContextOptions = {}): Promise<Person> {
  const small = { viewport: { width: 320, height: 640 } };
  const person = await Person.arrive(browser, new Wire(() => hub.port), { ...small, ...options });
  arrived.push(person);
  await person.page.addInitScript(() => {
    const seen = globalThis as unknown as { refused: string[] };
    seen.refused = [];
    addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
      seen.refused.push(violatedDirective),
    );
  });
  return person;
}

/** The page shows these texts letter by letter, nothing ran or was refused, and it is no wider than the window. */
async function holds(person: Person, screen: string, texts: readonly string[]): Promise<void> {
  const { page } = person;
  const plain = (text: string) => text.replace(/\s+/g, ' ');
  await expect
    .poll(
      async () => {
        const shown = plain((await page.locator('body').textContent()) ?? '');
        return texts.filter((text) => !shown.includes(plain(text)));
      },
      { message: `${screen}: what it does not show`, timeout: 10_000 },
    )
    .toEqual([]);
  const found = await page.evaluate((declared) => {
    const seen = globalThis as unknown as { ran?: unknown; refused: string[] };
    const foreign = [
      'img',
      'iframe',
      'object',
      'embed',
      'script:not([src])',
      'b',
      '[onerror], [onload], [onclick], [ontoggle]',
      `a[href]:not([href^="https://"]):not([href^="#"]):not(${declared.join()})`,
    ];
    const elements = [...document.querySelectorAll(foreign.join())].map(({ outerHTML }) =>
      outerHTML.slice(0, 200),
    );
    return { ran: seen.ran, refused: seen.refused, elements };
  }, DECLARED);
  expect(found, screen).toEqual({ ran: undefined, refused: [], elements: [] });
  await person.fits(screen);
  await person.picture(`markup-${screen}`);
}

beforeAll(async () => {
  // The demo's lycée is made at its first start, and called otherwise before the second.
  await hub.start();
  const { teacher, pupil, guardian, staff } = await cast(`http://127.0.0.1:${hub.port}`);
  await hub.kill();
  const called = [teacher, pupil, guardian, staff].map(({ account }) => account);
  changeRows(folder, 'users', (row) =>
    called.includes(row['sourcedId']!) ? { ...row, givenName: GIVEN, familyName: FAMILY } : row,
  );
  const classes = teacher.me.classes.map(({ channel }) => channel.slice('class:'.length));
  changeRows(folder, 'classes', (row) =>
    classes.includes(row['sourcedId']!) ? { ...row, title: CLASS } : row,
  );
  changeRows(folder, 'orgs', (row) => ({ ...row, name: SCHOOL }));
  await hub.start();
  players = await cast(`http://127.0.0.1:${hub.port}`);
  browser = await launch();
});

afterAll(async () => {
  for (const person of arrived) person.wire.close();
  await browser?.close();
  await hub.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('what people are called', () => {
  test('is text at the entrance', async () => {
    teacher = await arrive();
    await teacher.page.reload();
    await teacher.page.getByRole('heading', { name: 'Qui entre ?' }).waitFor();
    await holds(teacher, 'entrance', [GIVEN, FAMILY, CLASS]);
  });

  test('and inside, beside what they write', async () => {
    await teacher.enterAs(players.teacher.account);
    pupil = await arrive();
    await pupil.enterAs(players.pupil.account);
    await office.post(players.teacher.account, players.channel, { text: WILD.join('\n') });
    await holds(pupil, 'stream', [...WILD, GIVEN, FAMILY]);
    const article = pupil.log.getByRole('article').first();
    const [name, time] = await Promise.all([
      article.locator('.author').boundingBox(),
      article.locator('time').boundingBox(),
    ]);
    // No letter of a name turns around what stands behind it.
    expect(time!.y > name!.y || time!.x > name!.x).toBe(true);
    expect(await article.locator('time').innerText()).toMatch(/^\d\d:\d\d$/);
  });
});

describe('what leads elsewhere', () => {
  test('is no address of ours: the hub takes none that would run', async () => {
    for (const link of [`javascript:${RUN}`, 'data:text/html,x', 'http://example.org/', '//example.org/']) {
      const post = office.post(players.teacher.account, players.channel, { text: 'x', links: [link] });
      await expect(post, link).rejects.toThrow(/invalid_body|link_host/);
      const work = office.send(players.teacher.account, 'assignment', {
        places: [players.channel],
        body: { title: 'x', text: '', due: '2026-03-31', links: [link] },
      });
      await expect(work, link).rejects.toThrow(/invalid_body/);
    }
  });
});

describe('what is sent from the desk', () => {
  test('is text for those whom it is for, in each of its languages', async () => {
    await office.send(players.teacher.account, 'announcement', {
      places: [players.channel],
      audience: ['student', 'guardian'],
      body: {
        title: TITLE,
        text: WILD.join('\n'),
        translations: { en: { title: TITLE_EN, text: `English ${WILD.join('\n')}` } },
        receipt: 'account',
        names: true,
      },
    });
    await office.send(players.teacher.account, 'assignment', {
      places: [players.channel],
      audience: ['student', 'guardian'],
      body: { title: TITLE, text: WILD.join('\n'), due: '2026-03-31', subject: SUBJECT, links: [LINK] },
    });
    await holds(pupil, 'items', [TITLE, ...WILD, LINK]);
    // The subject is written in capitals there.
    expect((await pupil.page.locator('.kind').allTextContents()).join()).toContain(SUBJECT);
    await pupil.page.locator('summary', { hasText: 'À rendre' }).click();
    await holds(pupil, 'due', [TITLE]);
    await pupil.page.getByRole('button', { name: 'EN', exact: true }).click();
    await holds(pupil, 'items-english', [TITLE_EN, `English ${WILD[0]}`]);
    await pupil.page.getByRole('button', { name: 'FR', exact: true }).click();
    await pupil.page.getByText('À rendre').first().waitFor();
    await pupil.log.getByRole('button', { name: 'J’ai lu et compris' }).click();
    await pupil.log.getByText('Vous avez confirmé avoir lu.').waitFor();
  });

  test('and for whoever sent it', async () => {
    const { page } = teacher;
    await teacher.go('Annonces et devoirs');
    await holds(teacher, 'desk', [TITLE]);
    await page.getByRole('listitem').filter({ hasText: 'Annonce ·' }).getByRole('button').click();
    await page.getByRole('heading', { name: /a lu$/ }).waitFor();
    await holds(teacher, 'item', [TITLE, ...WILD, GIVEN, FAMILY]);
    await page.getByRole('button', { name: 'Modifier' }).click();
    await page.getByRole('button', { name: 'Enregistrer la modification' }).waitFor();
    await holds(teacher, 'form', [CLASS]);
    expect(await page.getByRole('textbox', { name: 'Texte', exact: true }).inputValue()).toBe(
      WILD.join('\n'),
    );
  });
});

describe('what is said in a lesson', () => {
  const shortened = SHORT.join('\n');

  test('is text: its subject, posts, questions, what a poll asks, what is pinned', async () => {
    await teacher.go(CLASS.slice(0, 10));
    const { page } = teacher;
    await page.getByRole('button', { name: /^Le cours/ }).click();
    await page.getByRole('textbox', { name: 'Sujet du cours' }).fill(TITLE);
    await page.getByRole('button', { name: 'Commencer le cours' }).click();
    await page.getByRole('textbox', { name: /^Question \(/ }).fill(SHORT.join(' '));
    await page.getByRole('button', { name: 'Ouvrir le sondage' }).click();
    await holds(teacher, 'console', [TITLE, ...SHORT]);

    await pupil.page.getByRole('button', { name: 'Rejoindre' }).click();
    await pupil.page.getByRole('region', { name: 'Sondage' }).waitFor();
    await holds(pupil, 'class', [TITLE, ...SHORT]);
    await pupil.page.getByRole('button', { name: 'Lever la main' }).click();
    await pupil.page.getByRole('button', { name: /^Questions/ }).click();
    await pupil.page.getByRole('textbox', { name: 'Votre question' }).fill(shortened);
    await pupil.page.getByRole('button', { name: 'Poser la question' }).click();
    await holds(pupil, 'questions', SHORT);
    await pupil.page.getByRole('button', { name: 'Fil', exact: true }).click();
    await page.getByRole('button', { name: /^Interroger/ }).waitFor();
    await holds(teacher, 'console-question', [...SHORT, GIVEN, FAMILY]);

    await page.getByRole('button', { name: 'Fil', exact: true }).click();
    await office.post(players.teacher.account, players.channel, { text: `à retenir\n${WILD.join('\n')}` });
    const post = page.getByRole('article').filter({ hasText: 'à retenir' });
    await post
      .getByRole('button', { name: /^Que faire du message/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Épingler' }).click();
    await pupil.page.getByRole('complementary', { name: 'Épinglé' }).waitFor();
    await holds(pupil, 'pinned', [WILD[0]!]);
  });

  test('and what waits for the teacher', async () => {
    const { page } = teacher;
    await page.getByRole('button', { name: /^Le cours/ }).click();
    await page.locator('summary', { hasText: 'Règles' }).click();
    await page.getByRole('checkbox', { name: 'Relire avant de publier' }).check();
    await pupil.page.getByText('Votre professeur relit avant de publier.').waitFor();
    await pupil.post(`à relire\n${WILD.join('\n')}`);
    await pupil.page.getByText('Le professeur le lit d’abord').waitFor();
    await holds(pupil, 'held', ['à relire', ...WILD]);
    await page.getByRole('button', { name: 'Publier', exact: true }).waitFor();
    await page.locator('summary', { hasText: 'Présents' }).click();
    await holds(teacher, 'proposal', ['à relire', ...WILD, GIVEN, FAMILY]);
    await page.getByRole('button', { name: 'Terminer le cours' }).click();
    await page.getByRole('button', { name: 'Oui, terminer' }).click();
    await pupil.page.getByText('Le cours est terminé. Le fil se lit').waitFor();
  });
});

describe('what is said to everybody', () => {
  test('is text in a bulletin, in what the operators say, and at the door', async () => {
    await office.send(players.staff.account, 'announcement', {
      places: players.staff.me.channels.filter((channel) => channel.startsWith('bulletin:lycee')),
      body: { title: TITLE, text: WILD.join('\n') },
    });
    await hub.notice(SHORT.join(' '));
    const bulletin = async () => {
      const paths = players.staff.me.schools.map(({ id }) => `/v1/bulletin/${encodeURIComponent(id)}`);
      return JSON.stringify(await office.call(players.staff.account, 'GET', paths[0] ?? ''));
    };
    await expect.poll(bulletin, { timeout: 30_000 }).toContain(ENDLESS);
    const guardian = await arrive();
    await guardian.page.evaluate(
      (name) => sessionStorage.setItem('preau.account', name),
      players.guardian.account,
    );
    await guardian.page.reload();
    await guardian.page.getByRole('heading', { name: /^Ouverture pour vous/ }).waitFor();
    await holds(guardian, 'door', [TITLE, ...WILD, ...SHORT]);
    await guardian.leave();
    await hub.notice(undefined);
  });

  test('and in a digest', { timeout: 2 * DIGEST_MS_MAX }, async () => {
    await hub.setClock('2026-03-27T19:30');
    const guardian = await arrive();
    await guardian.enterAs(players.guardian.account);
    const heading = guardian.page.getByRole('heading', { name: 'Le résumé du vendredi 27 mars' });
    await heading.waitFor({ timeout: DIGEST_MS_MAX });
    await holds(guardian, 'digest', [TITLE, ...WILD, LINK, GIVEN, FAMILY]);
    await guardian.leave();
    for (const person of [teacher, pupil]) await person.leave();
  });
});
