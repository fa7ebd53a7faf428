/**
 * Every screen of every role, in both languages, on a desk and on a phone: each passes axe, is no wider than its window, and
 * leaves a picture for people. What can be done on a screen, the other journeys do; this one looks.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { between } from './between.ts';
import { classmatesOf, type Cast } from './cast.ts';
import { Demo } from './demo.ts';
import { Office } from './office.ts';
import { post } from './noticeboard.ts';
import { DARK, type Person } from './person.ts';
import { atTheDoor, show, showAll, SIZES } from './screens.ts';

const ROOM_MS = 180_000;
const DIGEST_MS_MAX = 60_000;
const demo = new Demo({ viewport: SIZES.desk });
const { hub } = demo;
const office = new Office(() => demo.address);
let players: Cast;
let teacher: Person;
let pupil: Person;
let mate: Person;

beforeAll(async () => {
  players = await demo.start();
  const [second] = await classmatesOf(demo.address, players, 1);
  await post(office, players);
  [teacher, pupil, mate] = await Promise.all([demo.arrive(), demo.arrive(), demo.arrive()]);
  await teacher.enter(players.teacher.name);
  await pupil.enter(players.pupil.name);
  await mate.enterAs(second!.account);
});

afterAll(() => demo.end());

describe('outside', () => {
  test('the entrance, and a hub that does not answer', { timeout: ROOM_MS }, async () => {
    const person = await demo.arrive();
    await show(person, {
      name: 'entrance',
      go: () => person.page.getByRole('heading', { name: 'Qui entre ?' }).waitFor(),
    });
    await person.page.route('**/v1/demo', (route) => route.abort());
    await show(person, {
      name: 'unreachable',
      go: async () => {
        await person.page.reload();
        await person.page.getByRole('heading', { name: 'Le préau ne répond pas.' }).waitFor();
      },
    });
    await person.leave();
  });

  test('at the door', { timeout: ROOM_MS }, async () => {
    const now = Date.parse('2026-03-27T10:12+01:00');
    const ticket = { ticket: 't', ahead: 1_240, retry_after_ms: 600_000, load: 3 };
    const closed = { code: 'suspended', status: 403, title: 'x' };
    const kicked = { code: 'kicked', status: 403, title: 'x', retry_after_ms: 900_000 };
    const seen = async (account: string, status: number, body: object, name: string, heading: RegExp) => {
      const person = await atTheDoor(await demo.arrive(), account, status, body);
      await show(person, { name, go: () => person.page.getByRole('heading', { name: heading }).waitFor() });
      await person.leave();
    };
    const { guardian, pupil: student, staff } = players;
    const opens = { opens_at: now + 8 * 3_600_000, school_time: now };
    await Promise.all([
      seen(student.account, 202, ticket, 'waiting', /salle d’attente/),
      seen(guardian.account, 403, { ...closed, more: opens }, 'day', /^Ouverture pour vous à 18:12/),
      seen(staff.account, 403, { ...closed, more: {} }, 'closed', /^Fermé pour le moment/),
      seen(student.account, 403, kicked, 'kicked', /^Accès interrompu/),
    ]);
  });
});

describe('before the lesson', () => {
  test('a teacher and a pupil', { timeout: ROOM_MS }, async () => {
    const heading = (name: string) => teacher.page.getByRole('heading', { name });
    const listed = (text: string) =>
      teacher.page.getByRole('listitem').filter({ hasText: text }).getByRole('button').first();
    const back = () => teacher.page.getByRole('button', { name: 'Retour à la liste' }).click();
    await Promise.all([
      showAll(teacher, [
        {
          name: 'class-before',
          go: async () => {
            await teacher.go(players.title);
            await teacher.log.getByRole('heading', { name: 'Sortie au musée' }).waitFor();
          },
        },
        {
          name: 'desk',
          go: async () => {
            await teacher.go('Annonces et devoirs');
            await listed('Sortie au musée').waitFor();
          },
        },
        {
          name: 'item',
          go: async () => {
            await listed('Sortie au musée').click();
            await heading('0 sur')
              .or(teacher.page.getByRole('heading', { name: /a lu$/ }))
              .waitFor();
          },
        },
        {
          name: 'work',
          go: async () => {
            await back();
            await listed('Vecteurs').click();
            await teacher.page.getByRole('heading', { name: /terminé$/ }).waitFor();
          },
        },
        {
          name: 'form-announcement',
          go: async () => {
            await back();
            await teacher.page.getByRole('button', { name: 'Nouvelle annonce' }).click();
            await teacher.page.getByText(players.title, { exact: true }).last().click();
            await teacher.page.getByText('Plus d’options').click();
            await teacher.page.getByText(/^Pour \d+ personnes/).waitFor();
          },
        },
        {
          name: 'form-work',
          go: async () => {
            await back();
            await teacher.page.getByRole('button', { name: 'Nouveau devoir' }).click();
            await teacher.page.getByRole('textbox', { name: 'Titre' }).press('Enter');
            await teacher.page.getByText('Choisissez au moins un endroit.').waitFor();
          },
        },
      ]),
      showAll(pupil, [
        {
          name: 'student',
          go: () => pupil.page.getByRole('checkbox', { name: /^Fait : Vecteurs/ }).waitFor(),
        },
        { name: 'student-school', go: () => pupil.go('Établissement') },
        { name: 'student-bulletin', go: () => pupil.go('Informations') },
        { name: 'student-own', go: () => pupil.go('Pour moi') },
        {
          name: 'student-class',
          go: async () => {
            await pupil.go(players.title);
            await pupil.log.getByRole('heading', { name: 'Sortie au musée' }).waitFor();
          },
        },
      ]),
    ]);
  });
});

describe('a lesson', () => {
  test('that goes on', { timeout: ROOM_MS }, async () => {
    const { page } = teacher;
    await teacher.go(players.title);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('textbox', { name: 'Sujet du cours' }).fill('Vecteurs du plan');
    await page.getByRole('button', { name: 'Commencer le cours' }).click();
    await pupil.go('Tout');
    await show(pupil, {
      name: 'announced',
      go: () => pupil.page.getByRole('button', { name: 'Rejoindre' }).waitFor(),
    });
    for (const person of [pupil, mate]) await person.go(players.title);
    await teacher.post('Bonjour à tous ! On ouvre le manuel page 84, exercices 1 à 5.');
    await mate.post('Bonjour !');
    await pupil.post('Bonjour madame, on reprend aussi l’exercice 3 ?');
    await mate.page.getByRole('button', { name: /^Questions/ }).click();
    await mate.page.getByRole('textbox', { name: 'Votre question' }).fill('Faut-il rédiger la question c) ?');
    await mate.page.getByRole('button', { name: 'Poser la question' }).click();
    for (const person of [pupil, mate])
      await person.page.getByRole('button', { name: 'Lever la main' }).click();
    const post = page.getByRole('article').filter({ hasText: 'On ouvre le manuel' });
    await post.hover();
    await post.getByRole('button', { name: /^Que faire du message/ }).click();
    const menu = page.getByRole('group', { name: /^Que faire du message/ });
    await menu.getByRole('button', { name: 'Épingler' }).click();
    await page
      .getByRole('textbox', { name: /^Question \(/ })
      .fill('Quelle est la norme du vecteur u(2 ; 3) ?');
    await page.getByText('A – D').click();
    await page.getByRole('button', { name: 'Ouvrir le sondage' }).click();
    await pupil.page.getByRole('region', { name: 'Sondage' }).getByRole('button', { name: /^B/ }).click();
    await page.getByText(/^1 réponse sur \d+/).waitFor();

    await Promise.all([
      showAll(teacher, [
        {
          name: 'console',
          go: () =>
            page
              .getByRole('button', { name: /^Interroger/ })
              .first()
              .waitFor(),
          sizes: ['desk'],
        },
        {
          name: 'console-feed',
          go: async () => {
            await page.setViewportSize(SIZES.phone);
            await page.getByRole('button', { name: 'Fil', exact: true }).click();
          },
          sizes: ['phone'],
        },
        {
          name: 'console-tab',
          go: () => page.getByRole('button', { name: /^Le cours/ }).click(),
          sizes: ['phone'],
        },
      ]),
      showAll(pupil, [
        { name: 'class', go: () => pupil.page.getByRole('complementary', { name: 'Épinglé' }).waitFor() },
        {
          name: 'class-questions',
          go: () => pupil.page.getByRole('button', { name: /^Questions/ }).click(),
        },
      ]),
    ]);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test('that is read first, silenced, and over', { timeout: ROOM_MS }, async () => {
    const { page } = teacher;
    await pupil.page.getByRole('button', { name: 'Fil', exact: true }).click();
    await page.getByRole('button', { name: `Interroger ${players.pupil.name}` }).click();
    await pupil.page.getByRole('alert').filter({ hasText: 'C’est à vous' }).waitFor();
    await page.locator('summary', { hasText: 'Règles' }).click();
    await page.getByRole('checkbox', { name: 'Relire avant de publier' }).check();
    await pupil.page.getByText('Votre professeur relit avant de publier.').waitFor();
    await pupil.post('Je crois que la réponse est √13, mais je ne suis pas sûr.');
    await show(pupil, {
      name: 'held',
      go: () => pupil.page.getByText('Le professeur le lit d’abord').waitFor(),
    });
    // What waits for the teacher is still there when the page is loaded again.
    await pupil.page.reload();
    await pupil.isLive();
    await pupil.go(players.title);
    await pupil.page.getByText('Le professeur le lit d’abord').waitFor();
    await page.locator('summary', { hasText: 'Présents' }).click();
    await page.getByRole('button', { name: 'Suspendre tous les messages' }).click();
    await page.getByRole('button', { name: `Rendre la parole à ${players.pupil.name}` }).click();
    await page.getByText('a la parole', { exact: true }).waitFor();
    await mate.page.getByText('Votre professeur a suspendu vos messages').waitFor();
    await Promise.all([
      show(teacher, {
        name: 'console-moderated',
        go: () => page.getByText('a la parole', { exact: true }).scrollIntoViewIfNeeded(),
        sizes: ['desk'],
      }),
      show(mate, { name: 'muted', go: () => Promise.resolve() }),
    ]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('button', { name: 'Terminer le cours' }).click();
    await page.getByRole('button', { name: 'Oui, terminer' }).click();
    await show(pupil, {
      name: 'over',
      go: () => pupil.page.getByText('Le cours est terminé. Le fil se lit').waitFor(),
    });
    expect(await pupil.page.getByText('Le professeur le lit d’abord').count()).toBe(0);
  });
});

describe('the line', () => {
  test('that is lost, and an account that is elsewhere', { timeout: ROOM_MS }, async () => {
    mate.wire.cut();
    await show(mate, {
      name: 'reconnecting',
      go: () => mate.page.getByText('La connexion est coupée.').first().waitFor(),
    });
    await mate.leave();
    const { page } = pupil;
    const end = await between(page, '{"type":"load","level":3}');
    await page.reload();
    await pupil.isLive();
    await show(pupil, { name: 'loaded', go: () => page.getByText('Énormément de monde').waitFor() });
    end(4003, '{"code":"replaced"}');
    await show(pupil, {
      name: 'elsewhere',
      go: () =>
        page.getByRole('heading', { name: 'Vous avez ouvert le préau dans une autre fenêtre' }).waitFor(),
    });
    await pupil.leave();
  });
});

describe('the others', () => {
  test('the office and the operator', { timeout: ROOM_MS }, async () => {
    const head = await demo.arrive();
    await head.enter(players.staff.name);
    await showAll(head, [
      { name: 'staff', go: () => head.go('Établissement') },
      {
        name: 'staff-form',
        go: async () => {
          await head.toDesk();
          await head.page.getByRole('button', { name: 'Nouvelle annonce' }).click();
          await head.page.getByText('Plus d’options').click();
          await head.page.getByText('Urgent : paraît tout de suite, même le soir').click();
          await head.page.getByText(/^Pour \d+ personnes/).waitFor();
        },
      },
    ]);
    await head.leave();
    const operator = await demo.arrive();
    await operator.enterAs(players.operator.account);
    await showAll(operator, [
      { name: 'operator', go: () => operator.page.getByRole('main').waitFor() },
      { name: 'operator-region', go: () => operator.go('Région') },
    ]);
    await operator.leave();
  });

  test('a guardian in the evening', { timeout: ROOM_MS + DIGEST_MS_MAX }, async () => {
    await hub.setClock('2026-03-27T19:30');
    const guardian = await demo.arrive();
    const { page } = guardian;
    await guardian.enter(players.guardian.name);
    const digest = page.getByRole('heading', { name: 'Le résumé du vendredi 27 mars' });
    await showAll(guardian, [
      { name: 'digest', go: () => digest.waitFor({ timeout: DIGEST_MS_MAX }) },
      {
        name: 'preferences',
        go: async () => {
          await page.getByRole('heading', { name: 'Vos résumés' }).click();
          await page.getByRole('button', { name: 'Enregistrer' }).scrollIntoViewIfNeeded();
        },
      },
      { name: 'guardian-bulletin', go: () => guardian.go('Informations') },
    ]);
    await guardian.leave();
  });

  test('what was sent late, and the dark', { timeout: ROOM_MS }, async () => {
    const { page } = teacher;
    await hub.setClock('2026-03-28T10:00');
    await page.setViewportSize(SIZES.desk);
    // The page learns of it as it looks at the demo anew.
    await page.reload();
    await teacher.isLive();
    await teacher.go('Annonces et devoirs');
    await page.getByRole('button', { name: 'Nouvelle annonce' }).click();
    await page.getByText(players.title, { exact: true }).last().click();
    await page.getByRole('textbox', { name: 'Titre' }).fill('Calculatrices');
    await page.getByRole('textbox', { name: 'Texte' }).fill('Pensez à apporter la vôtre lundi.');
    await page.getByText('Ce n’est pas le temps scolaire').waitFor();
    await page.getByRole('button', { name: /^Publier pour \d+ personnes$/ }).click();
    const instead = page.getByRole('button', { name: /^Le retirer, et le publier lundi 30 mars à 07:00$/ });
    await show(teacher, { name: 'late', go: () => instead.waitFor() });
    await instead.click();
    await page.getByRole('textbox', { name: 'Titre' }).waitFor();
    expect(await page.getByRole('textbox', { name: 'Titre' }).inputValue()).toBe('Calculatrices');
    await page.getByRole('button', { name: /^Publier pour \d+ personnes$/ }).click();
    await page.getByText('C’est programmé.').waitFor();
    await teacher.leave();
    const night = await demo.arrive(DARK);
    await night.enter(players.teacher.name);
    await night.go(players.title);
    await night.log.getByRole('heading', { name: 'Sortie au musée' }).waitFor();
    await show(night, { name: 'class-dark', go: () => Promise.resolve() }, ['fr']);
    await night.go('Annonces et devoirs');
    await show(night, { name: 'desk-dark', go: () => Promise.resolve() }, ['fr']);
    await night.leave();
  });
});
