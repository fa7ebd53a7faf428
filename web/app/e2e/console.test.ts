/**
 * The class and its console in real browsers against the real binary, screen by screen: what a teacher sees and does during a
 * lesson, and what it looks like to pupils on a desk, on a phone and at 320 pixels.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { classmatesOf, type Cast } from './cast.ts';
import { Demo } from './demo.ts';
import { DARK, type Person, PHONE } from './person.ts';

const TITLE = 'Vecteurs du plan';
const BEFORE = 'Pensez à la calculatrice.';

const demo = new Demo();
let players: Cast;
let teacher: Person;
let pupil: Person;
/** On a phone. */
let second: Person;
/** On a small one. */
let third: Person;
let names: readonly string[];

async function ask(person: Person, text: string): Promise<void> {
  await person.page.getByRole('button', { name: /^Questions/ }).click();
  await person.page.getByRole('textbox', { name: 'Votre question' }).fill(text);
  await person.page.getByRole('button', { name: 'Poser la question' }).click();
  await person.page.getByRole('listitem').filter({ hasText: text }).first().waitFor();
  await person.page.getByRole('button', { name: 'Fil', exact: true }).click();
}

/** What is most pressing in the console. */
const top = () =>
  teacher.page.getByRole('complementary', { name: 'Le cours' }).evaluate((column) => column.scrollTo(0, 0));

const unfold = (title: string) => teacher.page.locator('summary', { hasText: title }).click();

beforeAll(async () => {
  players = await demo.start();
  teacher = await demo.arrive({ viewport: { width: 1440, height: 900 } });
  pupil = await demo.arrive();
  second = await demo.arrive(PHONE);
  third = await demo.arrive({ viewport: { width: 320, height: 640 } });
  const mates = await classmatesOf(demo.address, players, 2);
  names = [players.pupil.name, ...mates.map(({ name }) => name)];
  await teacher.enter(players.teacher.name);
  await pupil.enter(players.pupil.name);
  await second.enterAs(mates[0]!.account);
  await third.enterAs(mates[1]!.account);
});

afterAll(() => demo.end());

describe('a class', () => {
  test('has a console for its teacher before the lesson', async () => {
    await teacher.go(players.title);
    await teacher.post(BEFORE);
    await teacher.sees(BEFORE);
    await teacher.page.getByRole('textbox', { name: 'Sujet du cours' }).fill(TITLE);
    await teacher.look('console-before');
    await teacher.page.getByRole('button', { name: 'Commencer le cours' }).click();
    await teacher.page.getByText('Cours en direct').first().waitFor();
  });

  test('is announced to its pupils, one step away', async () => {
    await pupil.page.getByRole('button', { name: 'Rejoindre' }).waitFor();
    await pupil.look('class-announced');
    await pupil.page.getByRole('button', { name: 'Rejoindre' }).click();
    await pupil.page.getByText(TITLE).first().waitFor();
    for (const person of [second, third]) await person.go(players.title);
    await teacher.page.getByText(/^3 présents sur \d+$/).waitFor();
  });

  test('talks, asks and raises hands', async () => {
    await teacher.post(
      'Bonjour à tous ! On ouvre le manuel page 84, exercices 1 à 5. On corrige ensemble à 10 h 40.',
    );
    await pupil.sees(
      'Bonjour à tous ! On ouvre le manuel page 84, exercices 1 à 5. On corrige ensemble à 10 h 40.',
    );
    await second.post('Bonjour !');
    await pupil.post('Bonjour madame, on reprend aussi l’exercice 3 ?');
    await third.post('Je n’ai pas le même numéro de page, c’est le manuel bleu ?');
    await teacher.post('Oui, le bleu. Chapitre 4, « Vecteurs et translations ».');
    await ask(pupil, 'Pourquoi le signe change-t-il à la deuxième ligne ?');
    await ask(second, 'Faut-il rédiger la question c) ?');
    await third.page.getByRole('button', { name: /^Questions/ }).click();
    await third.page
      .getByRole('button', { name: /^Je me la pose aussi/ })
      .first()
      .click();
    await third.page.getByRole('button', { name: 'Je me la pose aussi : 1' }).waitFor();
    await third.look('class-questions-320');
    await third.page.getByRole('button', { name: 'Fil', exact: true }).click();
    for (const person of [second, third, pupil]) {
      await person.page.getByRole('button', { name: 'Lever la main' }).click();
      await person.page.getByRole('button', { name: 'Baisser la main' }).waitFor();
    }
    await teacher.page.getByRole('button', { name: `Interroger ${names[0]}` }).waitFor();
  });

  test('has one message pinned, also one from before the lesson', async () => {
    const { page } = teacher;
    const earlier = page.getByRole('article').filter({ hasText: BEFORE });
    await earlier.hover();
    await earlier.getByRole('button', { name: /^Que faire du message/ }).click();
    await page
      .getByRole('group', { name: /^Que faire/ })
      .getByRole('button', { name: 'Épingler' })
      .click();
    const pinned = pupil.page.getByRole('complementary', { name: 'Épinglé' });
    await pinned.getByText(BEFORE).waitFor();
    const post = page.getByRole('article').filter({ hasText: 'On ouvre le manuel' });
    await post.hover();
    await post.getByRole('button', { name: /^Que faire du message/ }).click();
    await teacher.look('console-menu');
    const menu = page.getByRole('group', { name: /^Que faire du message/ });
    await menu.getByRole('button', { name: 'Épingler' }).click();
    await pinned.getByText('On ouvre le manuel').waitFor();
  });

  test('votes, and its teacher sees it fill', async () => {
    const { page } = teacher;
    await page.getByText('A – D').click();
    await page
      .getByRole('textbox', { name: /^Question \(/ })
      .fill('Quelle est la norme du vecteur u(2 ; 3) ?');
    await page.getByLabel('La classe voit le résultat').selectOption('live');
    await page.getByRole('button', { name: 'Ouvrir le sondage' }).click();
    for (const [person, choice] of [
      [pupil, /^B/],
      [second, /^B/],
      [third, /^C/],
    ] as const) {
      await person.page
        .getByRole('region', { name: 'Sondage' })
        .getByRole('button', { name: choice })
        .click();
      await person.page.locator('[aria-pressed=true]').filter({ hasText: choice }).waitFor();
    }
    await page.getByText(/^3 réponses sur \d+/).waitFor();
    await second.page.getByRole('button', { name: 'D’accord' }).click();
    await third.page.getByRole('button', { name: 'Bravo' }).click();
    await top();
    await teacher.look('console');
    await pupil.look('class');
    await second.look('class-phone');
    await third.look('class-320');
    await page.getByRole('button', { name: 'Fermer le sondage' }).click();
    await pupil.page.getByRole('heading', { name: 'Sondage fermé' }).waitFor();
    await pupil.log
      .getByText(/Sondage : Quelle est la norme/)
      .first()
      .waitFor();
    for (const person of [pupil, second, third]) {
      await person.page.getByRole('region', { name: 'Sondage fermé' }).getByRole('button').click();
    }
  });

  test('is called by name, and answered', async () => {
    await teacher.page.getByRole('button', { name: `Interroger ${names[1]}` }).click();
    await second.page.getByRole('alert').filter({ hasText: 'C’est à vous' }).waitFor();
    await second.look('class-called-phone');
    const question = teacher.page.getByRole('listitem').filter({ hasText: 'Pourquoi le signe' });
    await question.getByRole('button', { name: 'Répondue' }).click();
    await teacher.page.getByText('1 question traitée').waitFor();
  });

  test('is read first by its teacher, slowed, and silenced', async () => {
    const { page } = teacher;
    await unfold('Règles');
    await page.getByRole('checkbox', { name: 'Relire avant de publier' }).check();
    await pupil.page.getByText('Votre professeur relit avant de publier.').waitFor();
    await pupil.post('Je crois que la réponse est √13, mais je ne suis pas sûr.');
    await pupil.page.getByText('Le professeur le lit d’abord').waitFor();
    await pupil.look('class-held');
    await page.getByRole('button', { name: 'Publier', exact: true }).waitFor();
    await unfold('Présents');
    await top();
    await teacher.look('console-moderated');
    await page.getByRole('button', { name: 'Publier', exact: true }).click();
    await second.sees('Je crois que la réponse est √13, mais je ne suis pas sûr.');
    await page.getByRole('checkbox', { name: 'Relire avant de publier' }).uncheck();
    await page.getByText('Questions seules').click();
    await pupil.page.getByText('Pour le moment, la classe pose des questions').waitFor();
    await pupil.look('class-questions-only');
    await page.getByText('Toute la classe', { exact: true }).click();
    await page.getByRole('button', { name: `Suspendre les messages de ${names[2]}` }).click();
    await third.page.getByText('Votre professeur a suspendu vos messages').waitFor();
    await third.look('class-muted-320');
  });

  test('loses what its teacher deletes', async () => {
    const { page } = teacher;
    const post = page.getByRole('article').filter({ hasText: 'Je n’ai pas le même numéro' });
    await post.hover();
    await post.getByRole('button', { name: /^Que faire du message/ }).click();
    const menu = page.getByRole('group', { name: /^Que faire du message/ });
    await menu.getByRole('button', { name: 'Supprimer' }).click();
    await page.getByRole('button', { name: 'Oui, supprimer' }).click();
    await expect
      .poll(() => pupil.count('Je n’ai pas le même numéro de page, c’est le manuel bleu ?'))
      .toBe(0);
  });

  test('fits a teacher’s phone, in the dark', async () => {
    await teacher.leave();
    teacher = await demo.arrive({ ...PHONE, ...DARK });
    await teacher.enter(players.teacher.name);
    await teacher.go(players.title);
    await teacher.page.getByText('Cours en direct').first().waitFor();
    await teacher.look('console-feed-phone-dark');
    await teacher.page.getByRole('button', { name: /^Le cours/ }).click();
    await teacher.page.getByRole('button', { name: `Interroger ${names[2]}` }).waitFor();
    await teacher.look('console-phone-dark');
  });

  test('ends for everybody', async () => {
    await teacher.page.getByRole('button', { name: 'Terminer le cours' }).click();
    await teacher.page.getByRole('button', { name: 'Oui, terminer' }).click();
    await pupil.page.getByText('Le cours est terminé. Le fil se lit').waitFor();
    await pupil.look('class-over');
    for (const person of [teacher, pupil, second, third]) await person.leave();
  });
});
