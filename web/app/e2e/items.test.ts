/**
 * Items in real browsers against the real binary: an announcement whose reach is shown before it is sent, that pupils see
 * once and confirm, that is changed and withdrawn; work that is ticked as done; and a guardian's digest in the evening.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Cast } from './cast.ts';
import { Demo } from './demo.ts';
import { type Person, PHONE } from './person.ts';

const DIGEST_MS_MAX = 60_000;
const DESK = 'Annonces et devoirs';
const TITLE = 'Sortie au musée des Confluences';

const demo = new Demo();
const { hub } = demo;
let players: Cast;
let teacher: Person;
let pupil: Person;

/** The item of a title in the desk's list. */
const listed = (title: string) =>
  teacher.page.getByRole('listitem').filter({ hasText: title }).getByRole('button');

async function goToDesk(): Promise<void> {
  // Twice: whoever looks at one item goes back to all of them.
  await teacher.go(DESK);
  await teacher.go(DESK);
  await teacher.page.getByRole('heading', { name: DESK }).waitFor();
}

beforeAll(async () => {
  players = await demo.start();
  [teacher, pupil] = await Promise.all([demo.arrive(), demo.arrive()]);
  await teacher.enter(players.teacher.name);
  await pupil.enter(players.pupil.name);
});

afterAll(() => demo.end());

describe('an announcement', () => {
  test('says for how many people it is before it is sent', async () => {
    const { page } = teacher;
    await goToDesk();
    await teacher.look('desk-empty');
    await page.getByRole('button', { name: 'Nouvelle annonce' }).click();
    // Every class that both have, so that the pupil would get it more than once.
    const shared = players.teacher.me.classes.filter(({ channel }) =>
      players.pupil.me.channels.includes(channel),
    );
    for (const { title } of shared) await page.getByText(title, { exact: true }).last().click();
    await page.getByRole('textbox', { name: 'Titre' }).fill(TITLE);
    await page.getByRole('textbox', { name: 'Texte' }).fill('Rendez-vous jeudi à 8 h devant le lycée.');
    await page.getByText('Plus d’options').click();
    await page.getByLabel('Aussi dans une autre langue').selectOption('en');
    await page.getByRole('textbox', { name: 'Titre dans cette langue' }).fill('Museum trip');
    await page.getByRole('textbox', { name: 'Texte dans cette langue' }).fill('Meet at 8 on Thursday.');
    await page.getByText('Une par personne').click();
    await page.getByText('Voir qui a lu').click();
    await page.getByText(/^Pour \d+ personnes : .*\d+ élèves/).waitFor();
    await page.getByText(/\d+ confirmations attendues/).waitFor();
    await teacher.look('desk-form');
    await page.getByRole('button', { name: /^Publier pour \d+ personnes$/ }).click();
    await page.getByText('C’est publié.').waitFor();
    await listed(TITLE).waitFor();
  });

  test('comes once to a pupil of several of its classes, who confirms having read it', async () => {
    await pupil.go('Tout');
    const heading = pupil.log.getByRole('heading', { name: TITLE });
    await heading.waitFor();
    expect(await heading.count()).toBe(1);
    await pupil.look('student-receipt');
    await pupil.log.getByRole('button', { name: 'J’ai lu et compris' }).click();
    await pupil.log.getByText('Vous avez confirmé avoir lu.').waitFor();
    await pupil.page.reload();
    await pupil.isLive();
    await pupil.log.getByText('Vous avez confirmé avoir lu.').waitFor();
  });

  test('shows its sender how many have read it, and who', async () => {
    await listed(TITLE).click();
    await teacher.page.getByRole('heading', { name: /^1 sur \d+ a lu$/ }).waitFor();
    await teacher.page.getByRole('listitem').filter({ hasText: players.pupil.name }).waitFor();
    await teacher.look('desk-item');
  });

  test('is changed in place', async () => {
    await teacher.page.getByRole('button', { name: 'Modifier' }).click();
    await teacher.page.getByRole('textbox', { name: 'Texte', exact: true }).fill('Rendez-vous jeudi à 9 h.');
    await teacher.page.getByText(/^Pour \d+ personnes/).waitFor();
    await teacher.page.getByRole('button', { name: 'Enregistrer la modification' }).click();
    await teacher.page.getByText('La modification est enregistrée.').waitFor();
    await pupil.sees('Rendez-vous jeudi à 9 h.');
    await pupil.log.getByText('Modifié').waitFor();
    expect(await pupil.count('Rendez-vous jeudi à 8 h devant le lycée.')).toBe(0);
    expect(await pupil.log.getByRole('heading', { name: TITLE }).count()).toBe(1);
  });

  test('is withdrawn, and leaves a line', async () => {
    await listed(TITLE).click();
    await teacher.page.getByRole('button', { name: 'Retirer' }).click();
    await teacher.page.getByRole('button', { name: 'Oui, retirer' }).click();
    await teacher.page.getByText('C’est retiré.').waitFor();
    await pupil.sees('Cette annonce a été retirée.');
    expect(await pupil.log.getByRole('heading', { name: TITLE }).count()).toBe(0);
    await pupil.look('student-withdrawn');
  });
});

describe('the region', () => {
  test('is told by an operator, who sees for how many people before, and a pupil reads it', async () => {
    const operator = await demo.arrive();
    const { page } = operator;
    await operator.enterAs(players.operator.account);
    await operator.go(DESK);
    await page.getByRole('button', { name: 'Nouvelle annonce' }).click();
    await page.getByText('Région', { exact: true }).last().click();
    await page.getByRole('textbox', { name: 'Titre' }).fill('Un lundi de plus');
    await page.getByRole('textbox', { name: 'Texte' }).fill('Les lycées de la région ouvrent mardi.');
    await page.getByText(/^Pour [\d\s]+ personnes : .*parents/).waitFor();
    await operator.look('operator-form');
    await page.getByRole('button', { name: /^Publier pour [\d\s]+ personnes$/ }).click();
    await page.getByText('C’est publié.').waitFor();
    await pupil.go('Région');
    await pupil.log.getByRole('heading', { name: 'Un lundi de plus' }).waitFor();
    await pupil.go('Tout');
    await operator.leave();
  });
});

describe('work', () => {
  const WORK = 'Vecteurs : exercices 1 à 5';

  test('is given from the desk, ticked by the pupil, and counted', async () => {
    const { page } = teacher;
    await page.getByRole('button', { name: 'Nouveau devoir' }).click();
    await page.getByText(players.title, { exact: true }).last().click();
    await page.getByRole('textbox', { name: 'Titre' }).fill(WORK);
    await page.getByLabel('Pour le').fill('2026-03-30');
    await page.getByRole('button', { name: /^Donner à \d+ personnes$/ }).click();
    await listed(WORK).waitFor();
    const box = pupil.page.getByRole('checkbox', { name: `Fait : ${WORK}` });
    await box.check();
    await pupil.look('student-done');
    await listed(WORK).click();
    await page.getByRole('heading', { name: /^1 sur \d+ a terminé$/ }).waitFor();
    await teacher.look('desk-work');
  });

  test('is done in every tab of the pupil by itself, also in one whose line was cut meanwhile', async () => {
    const [tab, elsewhere] = [await pupil.tab(), await demo.arrive()];
    await tab.enter(players.pupil.name);
    await elsewhere.enter(players.pupil.name);
    const box = (person: Person, state: { checked?: boolean } = {}) =>
      person.page.getByRole('checkbox', { name: `Fait : ${WORK}`, ...state });
    const show = (checked: boolean, people = [pupil, tab, elsewhere]) =>
      Promise.all(people.map((person) => box(person, { checked }).waitFor()));
    await show(true);
    await box(tab).uncheck();
    await show(false);
    elsewhere.wire.cut();
    await elsewhere.page.getByText('La connexion est coupée.').first().waitFor();
    await box(pupil).check();
    await show(true, [pupil, tab]);
    await show(false, [elsewhere]);
    elsewhere.wire.mend();
    await show(true);
    expect(tab.mishaps).toEqual([]);
    await tab.page.close();
    await elsewhere.leave();
  });

  test('may be due later for one pupil, who sees it', async () => {
    const { page } = teacher;
    await page.getByRole('button', { name: `Autre date pour ${players.pupil.name}` }).click();
    await page.getByLabel(`Autre date pour ${players.pupil.name}`).fill('2026-04-02');
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await pupil.page.getByText('Délai pour vous').waitFor();
    await pupil.page
      .getByRole('complementary')
      .getByText(/jeudi 2 avril/)
      .waitFor();
  });
});

describe('a guardian', () => {
  test(
    'finds the day of each child in the evening, and chooses how to hear of it',
    async () => {
      await goToDesk();
      const { page } = teacher;
      await page.getByRole('button', { name: 'Nouvelle annonce' }).click();
      for (const { title } of players.teacher.me.classes)
        await page.getByText(title, { exact: true }).last().click();
      await page.getByRole('textbox', { name: 'Titre' }).fill('Conseils de classe');
      await page.getByRole('textbox', { name: 'Texte' }).fill('Du 30 mars au 3 avril.');
      await page.getByRole('button', { name: /^Publier pour \d+ personnes$/ }).click();
      await page.getByText('C’est publié.').waitFor();

      await hub.setClock('2026-03-27T19:30');
      const guardian = await demo.arrive(PHONE);
      await guardian.enter(players.parent.name);
      const digest = guardian.page.getByRole('heading', { name: 'Le résumé du vendredi 27 mars' });
      await digest.waitFor({ timeout: DIGEST_MS_MAX });
      await guardian.page.getByText('Conseils de classe').waitFor();
      expect(await guardian.count(TITLE)).toBe(0);
      for (const { given_name, family_name } of players.parent.me.children ?? []) {
        const section = guardian.page.getByRole('heading', { name: `Pour ${given_name} ${family_name}` });
        expect(await section.count()).toBeLessThanOrEqual(1);
      }
      await guardian.look('guardian-digest');

      await guardian.page.getByRole('heading', { name: 'Vos résumés' }).click();
      await guardian.page.getByText('Une fois par semaine').click();
      await guardian.page.getByRole('button', { name: 'Enregistrer' }).click();
      await guardian.page.getByText('C’est enregistré.').waitFor();
      await guardian.look('guardian-preferences');
      await guardian.leave();
    },
    2 * DIGEST_MS_MAX,
  );

  test('and nothing went wrong unseen', async () => {
    for (const person of [teacher, pupil]) await person.leave();
  });
});
