/**
 * A lesson in real browsers against the real binary: written live, through a cut line and a killed hub, and seen by those
 * whom it is for and by nobody else. Each screen is looked at by axe, and its picture is left in `pictures/`.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Cast } from './cast.ts';
import { Demo } from './demo.ts';
import { DARK, type Person, PHONE } from './person.ts';

const demo = new Demo();
const { hub } = demo;
let players: Cast;
let teacher: Person;
let pupil: Person;
let stranger: Person;

beforeAll(async () => {
  players = await demo.start();
});
afterAll(() => demo.end());

describe('a lesson', () => {
  test('the entrance lets everybody in', async () => {
    [teacher, pupil, stranger] = await Promise.all([demo.arrive(), demo.arrive(), demo.arrive()]);
    await teacher.page.getByRole('heading', { name: 'Qui entre ?' }).waitFor();
    await teacher.look('entrance');
    await teacher.enter(players.teacher.name);
    await pupil.enter(players.pupil.name);
    await stranger.enter(players.stranger.name);
    await teacher.go(players.title);
    await pupil.go(players.title);
  });

  test('what the teacher writes, the pupil reads live', async () => {
    await teacher.post('Bonjour à tous ! On ouvre le manuel page 84.');
    await pupil.sees('Bonjour à tous ! On ouvre le manuel page 84.');
    await pupil.post('Bonjour madame, on reprend l’exercice 3 ?');
    await teacher.sees('Bonjour madame, on reprend l’exercice 3 ?');
  });

  test('each calls the other by name', async () => {
    await pupil.log.locator('.author', { hasText: players.teacher.name }).first().waitFor();
    await teacher.log.locator('.author', { hasText: players.pupil.name }).first().waitFor();
    expect(await teacher.log.locator('.author', { hasText: players.pupil.account }).count()).toBe(0);
  });

  test('markup is text', async () => {
    const markup = '<img src=x onerror="alert(1)"> & <b>gras</b>';
    await pupil.post(markup);
    await teacher.sees(markup);
    expect(await teacher.log.locator('img, b').count()).toBe(0);
  });

  test('a cut line is told, and mended without a gap', async () => {
    pupil.wire.cut();
    await pupil.page.getByText('La connexion est coupée.').first().waitFor();
    const missed = ['Première question : a)', 'Deuxième question : b)', 'Troisième question : c)'];
    for (const text of missed) await teacher.post(text);
    await teacher.sees(missed[2]!);
    await pupil.post('Je réponds sans réseau');
    await pupil.page.getByText('En attente de la connexion').waitFor();
    await pupil.look('reconnecting');
    pupil.wire.mend();
    await pupil.isLive();
    await teacher.sees('Je réponds sans réseau');
    for (const text of [...missed, 'Je réponds sans réseau']) await pupil.sees(text);
    // Others may see it before its author's page has the hub's answer.
    await pupil.page.getByText('En attente de la connexion').waitFor({ state: 'detached' });
    const all = [...missed, 'Je réponds sans réseau'];
    expect(await pupil.order(all)).toEqual(all);
  });

  test('a killed hub is told, and both go on after it', async () => {
    await hub.kill();
    await teacher.page.getByText('La connexion est coupée.').first().waitFor();
    await teacher.post('Écrit pendant la panne');
    await hub.start();
    await Promise.all([teacher.isLive(), pupil.isLive()]);
    await pupil.sees('Écrit pendant la panne');
    await teacher.post('Et après');
    await pupil.sees('Et après');
    const texts = ['Bonjour à tous ! On ouvre le manuel page 84.', 'Écrit pendant la panne', 'Et après'];
    expect(await pupil.order(texts)).toEqual(texts);
    expect(await teacher.order(texts)).toEqual(texts);
  });

  test('an announcement and an assignment arrive, and the list of what is due knows', async () => {
    const { page } = teacher;
    await teacher.toDesk();
    await page.getByRole('button', { name: 'Nouvelle annonce' }).click();
    await page.getByRole('textbox', { name: 'Titre' }).fill('Sortie au musée des Confluences');
    await page.getByRole('textbox', { name: 'Texte' }).fill('Rendez-vous jeudi à 8 h devant le lycée.');
    await page.getByRole('button', { name: /^Publier pour \d+ personnes$/ }).click();
    await pupil.log.getByRole('heading', { name: 'Sortie au musée des Confluences' }).waitFor();

    await page.getByRole('button', { name: 'Nouveau devoir' }).click();
    const send = page.getByRole('button', { name: /^Donner à \d+ personnes$/ });
    await send.click();
    await page.getByText('Le titre manque.').waitFor();
    await teacher.look('teacher-problem');
    await page.getByRole('textbox', { name: 'Titre' }).fill('Vecteurs : exercices 1 à 5');
    await page.getByLabel('Pour le').fill('2026-03-28');
    await page.getByRole('textbox', { name: 'Matière' }).fill('Mathématiques');
    await page.getByRole('textbox', { name: 'Liens' }).fill('https://example.org/manuel/vecteurs');
    await send.click();
    await pupil.log.getByRole('heading', { name: 'Vecteurs : exercices 1 à 5' }).waitFor();
    await pupil.page.getByRole('complementary').getByText('Vecteurs : exercices 1 à 5').waitFor();
    await teacher.go(players.title);
    await teacher.sees('Et après');
    await teacher.look('teacher');
    await pupil.look('student-class');
    await pupil.go('Tout');
    await pupil.look('student');
  });

  test('a pupil of another class has seen nothing of it', async () => {
    for (const text of [
      'Bonjour à tous ! On ouvre le manuel page 84.',
      'Et après',
      'Vecteurs : exercices 1 à 5',
    ]) {
      expect(await stranger.count(text), text).toBe(0);
    }
    const places = await stranger.page.getByRole('navigation').locator('.name').allTextContents();
    expect(places.length).toBeGreaterThan(3);
    expect(places).not.toContain(players.title);
  });

  test('a reloaded page is the same person in the same class', async () => {
    await pupil.page.reload();
    await pupil.isLive();
    await pupil.go(players.title);
    await pupil.sees('Et après');
  });
});

describe('the other screens', () => {
  test('a teacher on a phone, in the dark', async () => {
    const person = await demo.arrive({ ...PHONE, ...DARK });
    await person.look('entrance-phone-dark');
    await person.enter(players.teacher.name);
    await person.go(players.title);
    await person.sees('Et après');
    await person.look('teacher-phone-dark');
    await person.leave();
  });

  test('a pupil on a phone, and at 320 pixels', async () => {
    const person = await demo.arrive(PHONE);
    await person.enter(players.pupil.name);
    await person.sees('Et après');
    await person.look('student-phone');
    await person.page.setViewportSize({ width: 320, height: 256 });
    await person.look('student-320');
    await person.leave();
  });

  test('a guardian in the evening, in English', async () => {
    await hub.setClock('2026-03-27T19:59');
    const person = await demo.arrive({ ...PHONE, locale: 'en-GB' });
    await person.enter(players.guardian.name);
    expect(await person.page.evaluate(() => document.documentElement.lang)).toBe('en');
    expect(await person.count('Et après')).toBe(0);
    expect(await person.page.getByRole('textbox').count()).toBe(0);
    await person.look('guardian-phone');
    await person.leave();
    await hub.setClock('2026-03-27T10:40');
  });

  test('the office announces to its school, and the pupil reads it', async () => {
    const person = await demo.arrive();
    await person.enter(players.staff.name);
    await person.go('Établissement');
    await person.toDesk();
    await person.page.getByRole('button', { name: 'Nouvelle annonce' }).click();
    await person.page.getByRole('textbox', { name: 'Titre' }).fill('Conseils de classe');
    await person.page.getByRole('textbox', { name: 'Texte' }).fill('Du 30 mars au 3 avril.');
    await person.page.getByRole('button', { name: /^Publier pour \d+ personnes$/ }).click();
    await person.page.getByText('C’est publié.').waitFor();
    await person.go('Établissement');
    await person.log.getByRole('heading', { name: 'Conseils de classe' }).waitFor();
    await pupil.go('Établissement');
    await pupil.log.getByRole('heading', { name: 'Conseils de classe' }).waitFor();
    await person.look('staff');
    await person.leave();
  });

  test('the demo’s clock is set for everybody, with the keyboard alone', async () => {
    const { page } = teacher;
    await teacher.clock.locator('summary').focus();
    await page.keyboard.press('Enter');
    const time = page.getByLabel('Date et heure du lycée');
    expect(await time.inputValue()).toMatch(/^2026-03-27T/);
    await time.fill('2026-03-30T07:59');
    await teacher.look('clock');
    await page.getByRole('button', { name: 'Régler' }).press('Enter');
    await page.locator('summary time', { hasText: /30 mars.*07:59|30 mars.*08:00/ }).waitFor();
  });

  test('leaving leads back to the entrance, and nothing went wrong unseen', async () => {
    await teacher.page.getByRole('button', { name: 'Sortir' }).click();
    await teacher.page.getByRole('heading', { name: 'Qui entre ?' }).waitFor();
    for (const person of [teacher, pupil, stranger]) await person.leave();
  });
});
