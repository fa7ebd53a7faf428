/**
 * A lesson of a teacher and three pupils in real browsers against the real binary, while lines break, the hub is killed, one
 * comes with a second tab, and one has to wait at the door. What it looks like, `console.test.ts` looks at.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { classmatesOf, type Cast } from './cast.ts';
import { Demo } from './demo.ts';
import type { Person } from './person.ts';

const TITLE = 'Les équations du second degré';
const QUESTION = 'Que faire si le discriminant est négatif ?';
const FIRST_POST = 'Ouvrez le cahier à une page neuve.';
const MISSED = ['On note la formule du discriminant.', 'Puis on traite le cas a = 1.', 'Qui a terminé ?'];

const demo = new Demo();
const { hub } = demo;
let players: Cast;
let mates: Awaited<ReturnType<typeof classmatesOf>>;
let teacher: Person;
let pupil: Person;
let second: Person;
let third: Person;

const calls = (name: string) => teacher.page.getByRole('button', { name: `Interroger ${name}` });
const raise = ({ page }: Person) => page.getByRole('button', { name: 'Lever la main' }).click();
const lower = ({ page }: Person) => page.getByRole('button', { name: 'Baisser la main' });
const present = (count: number) =>
  teacher.page.getByText(new RegExp(`^${count} présents? sur \\d+$`)).waitFor();
const isCut = ({ page }: Person) => page.getByText('La connexion est coupée.').first().waitFor();
const poll = ({ page }: Person) => page.getByRole('region', { name: 'Sondage' });

async function look(person: Person, part: 'Fil' | RegExp): Promise<void> {
  const name = typeof part === 'string' ? { name: part, exact: true } : { name: part };
  await person.page.getByRole('group', { name: 'Parties du cours' }).getByRole('button', name).click();
}

async function vote(person: Person, choice: RegExp): Promise<void> {
  await poll(person).getByRole('button', { name: choice }).click();
  await poll(person).locator('[aria-pressed=true]').filter({ hasText: choice }).waitFor();
}

beforeAll(async () => {
  players = await demo.start();
  mates = await classmatesOf(demo.address, players, 3);
  [teacher, pupil, second, third] = await Promise.all([
    // Wide enough for the console beside the feed.
    demo.arrive({ viewport: { width: 1440, height: 900 } }),
    demo.arrive(),
    demo.arrive(),
    demo.arrive(),
  ]);
  await teacher.enter(players.teacher.name);
  await pupil.enter(players.pupil.name);
  await second.enterAs(mates[0]!.account);
  await third.enterAs(mates[1]!.account);
  for (const person of [teacher, pupil, second, third]) await person.go(players.title);
});

afterAll(() => demo.end());

describe('a lesson', () => {
  test('begins for everybody at once', async () => {
    const { page } = teacher;
    await page.getByRole('textbox', { name: 'Sujet du cours' }).fill(TITLE);
    await page.getByRole('button', { name: 'Commencer le cours' }).click();
    for (const person of [teacher, pupil, second, third]) {
      await person.page.getByText(TITLE).first().waitFor();
    }
    await present(3);
    await teacher.post(FIRST_POST);
    for (const person of [pupil, second, third]) await person.sees(FIRST_POST);
  });

  test('gathers hands, a vote and a question', async () => {
    await raise(pupil);
    await calls(players.pupil.name).waitFor();
    await raise(second);
    await calls(mates[0]!.name).waitFor();
    await teacher.page.getByText('Oui / Non').click();
    await teacher.page.getByRole('textbox', { name: /^Question \(/ }).fill('Est-ce clair ?');
    await teacher.page.getByRole('button', { name: 'Ouvrir le sondage' }).click();
    await vote(pupil, /^Oui/);
    await vote(second, /^Non/);
    await vote(second, /^Oui/);
    await vote(third, /^Non/);
    await teacher.page.getByText(/^3 réponses sur \d+/).waitFor();
    await look(third, /^Questions/);
    await third.page.getByRole('textbox', { name: 'Votre question' }).fill(QUESTION);
    await third.page.getByRole('button', { name: 'Poser la question' }).click();
    await look(pupil, /^Questions/);
    await pupil.page.getByText(QUESTION).waitFor();
    await pupil.page.getByRole('button', { name: /^Je me la pose aussi/ }).click();
    await pupil.page.getByRole('button', { name: 'Je me la pose aussi : 1' }).waitFor();
    await look(pupil, 'Fil');
    await look(third, 'Fil');
  });

  test('has lost nothing for a pupil whose line was cut', async () => {
    second.wire.cut();
    await isCut(second);
    for (const text of MISSED) await teacher.post(text);
    await third.sees(MISSED[2]!);
    await second.post('Moi, j’ai terminé.');
    await second.page.getByText('En attente de la connexion').waitFor();
    const post = teacher.page.getByRole('article').filter({ hasText: MISSED[0]! });
    await post.hover();
    await post.getByRole('button', { name: /^Que faire du message/ }).click();
    const menu = teacher.page.getByRole('group', { name: /^Que faire du message/ });
    await menu.getByRole('button', { name: 'Épingler' }).click();
    await third.page.getByRole('complementary', { name: 'Épinglé' }).waitFor();
    second.wire.mend();
    await second.isLive();
    await teacher.sees('Moi, j’ai terminé.');
    await second.sees('Moi, j’ai terminé.');
    // It was in sight all the time, waiting: what was missed comes when the line does.
    for (const text of MISSED) await second.sees(text);
    const all = [FIRST_POST, ...MISSED, 'Moi, j’ai terminé.'];
    expect(await second.order(all)).toEqual(all);
    expect(await teacher.order(all)).toEqual(all);
    await second.page.getByRole('complementary', { name: 'Épinglé' }).getByText(MISSED[0]!).waitFor();
    await lower(second).waitFor();
    await calls(mates[0]!.name).waitFor();
    await present(3);
  });

  test('goes on when the hub was killed: hands, votes and upvotes come back with those who had them', async () => {
    await hub.kill();
    for (const person of [teacher, pupil, second, third]) await isCut(person);
    // Without a line a hand goes up too, once there is one.
    await raise(third);
    await hub.start();
    await Promise.all([teacher, pupil, second, third].map((person) => person.isLive()));
    for (const name of [players.pupil.name, mates[0]!.name, mates[1]!.name]) await calls(name).waitFor();
    await teacher.page.getByText(/^3 réponses sur \d+/).waitFor();
    await present(3);
    await look(second, /^Questions/);
    await second.page.getByRole('button', { name: 'Je me la pose aussi : 1' }).waitFor();
    await look(second, 'Fil');
    await third.page.getByText(TITLE).first().waitFor();
    await third.page.getByRole('complementary', { name: 'Épinglé' }).getByText(MISSED[0]!).waitFor();
    await teacher.page.getByRole('button', { name: 'Fermer le sondage' }).click();
    for (const person of [pupil, second, third]) {
      const result = person.page.getByRole('region', { name: 'Sondage fermé' });
      await result.getByRole('listitem').filter({ hasText: 'Oui' }).getByText('2', { exact: true }).waitFor();
      await result.getByRole('button').click();
    }
    await teacher.post('Nous revoilà.');
    for (const person of [pupil, second, third]) await person.sees('Nous revoilà.');
    // The demo's clock began anew with the hub: what the log says first stands first all the same.
    const all = [FIRST_POST, ...MISSED, 'Moi, j’ai terminé.', 'Nous revoilà.'];
    for (const person of [teacher, pupil]) expect(await person.order(all)).toEqual(all);
  });

  test('knows a pupil with a second tab once', async () => {
    const tab = await pupil.tab();
    await tab.enter(players.pupil.name);
    await tab.go(players.title);
    await lower(tab).click();
    await pupil.page.getByRole('button', { name: 'Lever la main' }).waitFor();
    await calls(players.pupil.name).waitFor({ state: 'detached' });
    await raise(pupil);
    await lower(tab).waitFor();
    await expect.poll(() => calls(players.pupil.name).count()).toBe(1);
    await tab.post('Écrit dans le second onglet');
    await pupil.sees('Écrit dans le second onglet');
    await tab.sees('Écrit dans le second onglet');
    await present(3);
    expect(await pupil.order(['Écrit dans le second onglet'])).toHaveLength(1);
    expect(tab.mishaps).toEqual([]);
    await tab.page.close();
    await teacher.post('Et un seul élève.');
    await pupil.sees('Et un seul élève.');
    await present(3);
    await lower(pupil).waitFor();
    expect(await calls(players.pupil.name).count()).toBe(1);
  });

  test('lets a pupil in by itself who had to wait at the door', async () => {
    await hub.limit('seats_max=1');
    const late = await demo.arrive();
    await late.page.evaluate((name) => sessionStorage.setItem('preau.account', name), mates[2]!.account);
    await late.page.reload();
    await late.page.getByRole('heading', { name: 'Vous êtes dans la salle d’attente' }).waitFor();
    await late.look('class-waiting');
    await hub.limit('seats_max=default');
    await late.isLive();
    await late.page.getByRole('button', { name: 'Rejoindre' }).click();
    await late.sees('Et un seul élève.');
    await present(4);
    await late.leave();
  });

  test('ends for everybody, and is over after a reload too', async () => {
    await teacher.page.getByRole('button', { name: 'Terminer le cours' }).click();
    await teacher.page.getByRole('button', { name: 'Oui, terminer' }).click();
    for (const person of [pupil, second, third]) {
      await person.page.getByText('Le cours est terminé. Le fil se lit').waitFor();
    }
    await pupil.page.reload();
    await pupil.isLive();
    await pupil.go(players.title);
    await pupil.sees('Nous revoilà.');
    expect(await pupil.page.getByRole('button', { name: 'Lever la main' }).count()).toBe(0);
    for (const person of [teacher, pupil, second, third]) await person.leave();
  });
});
