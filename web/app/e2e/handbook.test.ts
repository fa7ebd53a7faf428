/**
 * The handbook's chapter for teachers, gone through in real browsers against the real binary, in its own order: what it tells
 * a teacher to press is pressed, and each label that it names in bold was seen on the page by the end.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { classmatesOf, type Cast } from './cast.ts';
import { Demo } from './demo.ts';
import type { Person } from './person.ts';

const CHAPTER = fileURLToPath(new URL('../../../docs/handbook/teacher.md', import.meta.url));

/** What stands in bold in the chapter. */
const labels = new Set(
  [...readFileSync(CHAPTER, 'utf8').matchAll(/\*\*([^*]+)\*\*/g)].map(([, label = '']) => label),
);
const unseen = new Set(labels);

const demo = new Demo({ viewport: { width: 1440, height: 900 } });
let players: Cast;
let teacher: Person;
let pupil: Person;
let second: Person;
let mate: { readonly account: string; readonly name: string };

/** Notes which of the chapter's labels somebody can read now: as an element's own words, or as what it is called. */
async function read(person: Person = teacher): Promise<void> {
  const found = await person.page.evaluate(
    (wanted) => {
      const plain = (text: string) => text.replace(/[\s\u00a0\u202f]+/g, ' ').trim();
      const own = (element: Element) =>
        plain(
          [...element.childNodes]
            .filter((node) => node.nodeType === Node.TEXT_NODE)
            .map((node) => node.textContent ?? '')
            .join(' '),
        );
      const isSeen = (element: Element) =>
        (element instanceof HTMLOptionElement ? element.closest('select')! : element).checkVisibility();
      const said = [...document.querySelectorAll('body *')]
        .filter(isSeen)
        .flatMap((element) => [own(element), plain(element.getAttribute('aria-label') ?? '')])
        .filter((text) => text !== '');
      // A label may be followed by a name or a number.
      return wanted.filter((label) => {
        const text = plain(label);
        return said.some(
          (one) => one === text || one.startsWith(`${text} `) || one.startsWith(`${text}\u202f`),
        );
      });
    },
    [...unseen],
  );
  for (const label of found) unseen.delete(label);
}

/** Presses what the chapter calls so. */
async function press(label: string, within: Person = teacher): Promise<void> {
  expect(labels, 'the chapter').toContain(label);
  await within.page.getByRole('button', { name: label }).first().click();
}

const unfold = (title: string) => teacher.page.locator('summary', { hasText: title }).click();

/** Opens what can be done with a message. */
async function menu(person: Person, text: string): Promise<void> {
  const post = person.page.getByRole('article').filter({ hasText: text });
  await post.hover();
  await post.getByRole('button', { name: /^Que faire du message/ }).click();
}

beforeAll(async () => {
  players = await demo.start();
  [mate] = (await classmatesOf(demo.address, players, 1)) as [typeof mate];
  [teacher, pupil, second] = [await demo.arrive(), await demo.arrive(), await demo.arrive()];
  await teacher.enter(players.teacher.name);
  await pupil.enter(players.pupil.name);
  await second.enterAs(mate.account);
});

afterAll(() => demo.end());

describe('a teacher with the handbook', () => {
  test('begins the lesson', async () => {
    await teacher.go(players.title);
    await teacher.page.getByRole('textbox', { name: 'Sujet du cours' }).fill('Les fractions');
    await read();
    await press('Commencer le cours');
    await teacher.page.getByText('Cours en direct').first().waitFor();
    for (const person of [pupil, second]) await person.go(players.title);
    await teacher.page.getByText(/^2 présents sur \d+$/).waitFor();
  });

  test('writes, pins, calls on somebody, answers questions', async () => {
    await teacher.post('On ouvre le manuel page 84.');
    await pupil.sees('On ouvre le manuel page 84.');
    await menu(teacher, 'page 84');
    await read();
    await press('Épingler');
    await pupil.page.getByRole('complementary', { name: 'Épinglé' }).waitFor();
    await teacher.page.getByRole('button', { name: 'Détacher' }).waitFor();
    for (const person of [pupil, second]) {
      await person.page.getByRole('button', { name: 'Lever la main' }).click();
      await person.page.getByRole('button', { name: 'Baisser la main' }).waitFor();
    }
    await teacher.page.getByRole('button', { name: 'Tout baisser' }).waitFor();
    await pupil.page.getByRole('button', { name: /^Questions/ }).click();
    await pupil.page.getByRole('textbox', { name: 'Votre question' }).fill('Et la c) ?');
    await pupil.page.getByRole('button', { name: 'Poser la question' }).click();
    await pupil.page.getByRole('button', { name: 'Fil', exact: true }).click();
    await teacher.page.getByRole('button', { name: 'Répondue' }).waitFor();
    await read();
    await press('Détacher');
    await press('Interroger');
    await pupil.page.getByRole('alert').filter({ hasText: 'C’est à vous' }).waitFor();
    await press('Répondue');
    await teacher.page.getByText('1 question traitée').waitFor();
  });

  test('asks a quick poll', async () => {
    await read();
    await press('Ouvrir le sondage');
    await teacher.page.getByRole('button', { name: 'Fermer le sondage' }).waitFor();
    await read();
    await press('Fermer le sondage');
    await pupil.page.getByRole('heading', { name: 'Sondage fermé' }).waitFor();
  });

  test('has a moment of quiet, and reads first', async () => {
    await unfold('Présents');
    await unfold('Règles');
    await teacher.page.getByRole('button', { name: 'Suspendre tous les messages' }).waitFor();
    await read();
    await press('Suspendre tous les messages');
    await pupil.page.getByText('Votre professeur a suspendu').first().waitFor();
    await teacher.page.getByRole('button', { name: 'Rendre la parole à tous' }).waitFor();
    await read();
    await press('Rendre la parole à tous');
    await teacher.page.getByRole('checkbox', { name: 'Relire avant de publier' }).check();
    await pupil.page.getByText('Votre professeur relit avant de publier.').waitFor();
    await pupil.post('Je crois que c’est trois quarts.');
    await teacher.page.getByRole('button', { name: 'Refuser' }).waitFor();
    await read();
    await teacher.page.getByRole('button', { name: 'Publier', exact: true }).click();
    await second.sees('Je crois que c’est trois quarts.');
    await teacher.page.getByRole('checkbox', { name: 'Relire avant de publier' }).uncheck();
  });

  test('deletes what was reported, and ends the lesson', async () => {
    await menu(second, 'trois quarts');
    await second.page.getByRole('button', { name: 'Signaler au professeur' }).click();
    await teacher.page.getByText('Signalements').first().waitFor();
    await read();
    await menu(teacher, 'trois quarts');
    const actions = teacher.page.getByRole('group', { name: /^Que faire du message/ });
    await read();
    await actions.getByRole('button', { name: 'Supprimer' }).click();
    await teacher.page.getByRole('button', { name: 'Oui, supprimer' }).waitFor();
    await read();
    await press('Oui, supprimer');
    await expect.poll(() => second.count('Je crois que c’est trois quarts.')).toBe(0);
    await press('Terminer le cours');
    await read();
    await press('Oui, terminer');
    await pupil.page.getByText('Le cours est terminé. Le fil se lit').waitFor();
  });

  test('reads where no live connection passes', async () => {
    const reader = await demo.arrive();
    reader.wire.blockSockets();
    await reader.page.getByRole('button', { name: players.teacher.name }).click();
    await reader.page.getByText('Votre réseau bloque la connexion en direct').waitFor();
    await read(reader);
    await reader.leave();
  });

  test('announces something, and gives work', async () => {
    const { page } = teacher;
    const listed = (title: string) =>
      page.getByRole('listitem').filter({ hasText: title }).getByRole('button');
    await teacher.go('Annonces et devoirs');
    await page.getByRole('heading', { name: 'Annonces et devoirs' }).waitFor();
    await read();
    await press('Nouvelle annonce');
    await page.getByText(players.title, { exact: true }).last().click();
    await page.getByRole('textbox', { name: 'Titre' }).fill('Sortie au musée');
    await page.getByRole('textbox', { name: 'Texte' }).fill('Rendez-vous à 8 h.');
    await page.getByText('Plus d’options').click();
    await page.getByText(/^Pour \d+ personnes : /).waitFor();
    await read();
    await page.getByRole('button', { name: /^Publier pour \d+ personnes$/ }).click();
    await listed('Sortie au musée').click();
    await page.getByRole('button', { name: 'Retirer' }).waitFor();
    await read();
    await teacher.go('Annonces et devoirs');
    await press('Nouveau devoir');
    await page.getByText(players.title, { exact: true }).last().click();
    await page.getByRole('textbox', { name: 'Titre' }).fill('Exercices 1 à 5');
    await page.getByLabel('Pour le').fill('2026-03-30');
    await page.getByRole('button', { name: /^Donner à \d+ personnes$/ }).click();
    await listed('Exercices 1 à 5').click();
    await page
      .getByRole('button', { name: /^Autre date pour/ })
      .first()
      .waitFor();
    await read();
  });

  test('has found everything that the chapter names', async () => {
    expect(labels.size).toBeGreaterThan(40);
    expect([...unseen]).toEqual([]);
    for (const person of [teacher, pupil, second]) await person.leave();
  });
});
