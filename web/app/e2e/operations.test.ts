/**
 * The operators' dashboard in real browsers against the real binary: what is counted is what is there, an order is tried
 * before it acts and then acts on real people, and a wall whose line is cut says how old it is.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cast, classmatesOf, type Cast } from './cast.ts';
import { Hub } from './hub.ts';
import { launch, Person } from './person.ts';
import { Wire } from './wire.ts';

const WALL: BrowserContextOptions = { viewport: { width: 1920, height: 1080 } };
const SMALL_PHONE: BrowserContextOptions = { viewport: { width: 320, height: 720 }, deviceScaleFactor: 2 };
const NOTICE = 'Beaucoup de monde ce matin : les élèves en cours entrent d’abord.';

const folder = mkdtempSync(join(tmpdir(), 'preau-e2e-'));
const hub = new Hub(folder);
const arrived: Person[] = [];
let browser: Browser;
let players: Cast;
let operator: Person;
let teacher: Person;
let pupil: Person;

async function arrive(port: () => number, options: BrowserContextOptions = {}): Promise<Person> {
  const person = await Person.arrive(browser, new Wire(port), options);
  arrived.push(person);
  return person;
}

const atSchool = (options: BrowserContextOptions = {}) => arrive(() => hub.port, options);
const atTheWall = (options: BrowserContextOptions = {}) => arrive(() => hub.operatorPort, options);

async function enter(person: Person): Promise<void> {
  await person.page.getByRole('button', { name: /^(Entrer comme|Enter as)/ }).click();
  await person.page.locator('.line', { hasText: /En direct|Live/ }).waitFor();
}

/** A tile of the wall once it shows a number that is right. */
async function tile(name: string, shows: RegExp): Promise<void> {
  await operator.page.locator('dl > div', { hasText: name }).filter({ hasText: shows }).waitFor();
}

async function go(part: string): Promise<void> {
  await operator.page.getByRole('navigation').getByRole('button', { name: part }).click();
}

async function choose(kind: string): Promise<void> {
  await operator.page.locator('.segments').first().getByText(kind, { exact: true }).click();
  await operator.page.getByRole('heading', { level: 2, name: kind }).waitFor();
}

/** Tries what the form says, gives the reason, and carries it out. */
async function order(why: string, attempt = 'Simuler', give = 'Appliquer'): Promise<void> {
  const { page } = operator;
  await page.getByRole('button', { name: attempt, exact: true }).last().click();
  await page.getByRole('heading', { name: 'Simulation : rien n’est encore changé' }).waitFor();
  await page.getByLabel('Motif, pour le journal').fill(why);
  await page.getByRole('button', { name: give, exact: true }).last().click();
  await page.getByText('C’est fait.').last().waitFor();
  await page.getByRole('cell', { name: why, exact: true }).first().waitFor();
}

beforeAll(async () => {
  await hub.start();
  players = await cast(`http://127.0.0.1:${hub.port}`);
  browser = await launch();
  operator = await atTheWall(WALL);
});

afterAll(async () => {
  for (const person of arrived) person.wire.close();
  await browser?.close();
  await hub.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('the wall', () => {
  test('lets a demo’s operator in, says that it is a demo, and refuses a wrong secret', async () => {
    const { page } = operator;
    await page.getByRole('heading', { name: 'Démonstration' }).waitFor();
    await page.getByLabel('Secret ou jeton').fill('0'.repeat(64));
    await page.getByRole('button', { name: 'Entrer', exact: true }).click();
    await page.getByText('Ce secret n’ouvre rien ici.').waitFor();
    await operator.look('operations-entrance');
    await enter(operator);
  });

  test('lets the machine’s secret in, with a name for the audit log', async () => {
    const { secret } = JSON.parse(readFileSync(join(folder, 'operator.json'), 'utf8')) as { secret: string };
    const other = await atTheWall();
    await other.page.getByLabel('Secret ou jeton').fill(secret);
    await other.page.getByLabel('Votre nom, pour le journal').fill('ada');
    await other.page.getByRole('button', { name: 'Entrer', exact: true }).click();
    await other.page.getByText('En direct').waitFor();
    await other.leave();
  });

  test('counts who is here, by role, as they come and go', async () => {
    await tile('Connectés', /^Connectés\s*0\D/);
    teacher = await atSchool();
    pupil = await atSchool();
    await teacher.enter(players.teacher.name);
    await pupil.enter(players.pupil.name);
    await tile('Connectés', /^Connectés\s*2\D/);
    const roles = operator.page.locator('.roles');
    await roles.getByText('Enseignants 1').waitFor();
    await roles.getByText('Élèves 1').waitFor();
    const stranger = await atSchool();
    await stranger.enter(players.stranger.name);
    await roles.getByText('Élèves 2').waitFor();
    await stranger.leave();
    await roles.getByText('Élèves 1').waitFor();
  });

  test('has the numbers of each plot as a table, and is looked at dark and light', async () => {
    const { page } = operator;
    await page.getByText('Tableau', { exact: true }).first().click();
    const table = page.getByRole('region', { name: 'Connexions : tableau' });
    await table.getByRole('columnheader', { name: 'Élèves' }).waitFor();
    expect(await table.getByRole('row').count()).toBeGreaterThan(1);
    const plot = page.getByRole('img', { name: /^Connexions\. Maintenant Élèves 1/ });
    await plot.waitFor();
    await page.getByText('Tableau', { exact: true }).first().click();
    await operator.look('operations-wall-dark');
    await page.getByRole('button', { name: 'Passer en clair' }).click();
    await operator.look('operations-wall-light');
    await page.getByRole('button', { name: 'Passer en sombre' }).click();
  });

  test('speaks English, and fits the operator’s phone', async () => {
    const phone = await atTheWall({ ...SMALL_PHONE, locale: 'en-GB' });
    await enter(phone);
    await phone.page.getByRole('heading', { name: 'Where the load comes from' }).waitFor();
    await phone.look('operations-phone-en');
    await phone.page.getByRole('button', { name: 'Act', exact: true }).click();
    await phone.page.getByRole('heading', { name: 'Limits', level: 2 }).waitFor();
    await phone.look('operations-phone-act-en');
    await phone.page.getByRole('button', { name: 'Change to light' }).click();
    await phone.look('operations-phone-light-en');
    await phone.leave();
  });
});

describe('an order', () => {
  test('is tried first, and says whom other limits would have refused', async () => {
    const { page } = operator;
    await go('Agir');
    await page.getByLabel('Places au plus').fill('1');
    await page.getByRole('button', { name: 'Simuler' }).click();
    await page.getByText('Il y aurait 1 place.').waitFor();
    await page.getByText(/^Auraient été refusés : \d+ de ceux qui sont là/).waitFor();
    await operator.look('operations-dry-run');
    // A try changes nothing.
    const newcomer = await atSchool();
    await newcomer.enter(players.stranger.name);
    await newcomer.leave();
    await page.getByRole('button', { name: 'Modifier' }).click();
  });

  test('acts: a pupil is really refused, waits, and is counted', async () => {
    const { page } = operator;
    await page.getByLabel('Places au plus').fill('2');
    await order('place pour deux');
    await operator.look('operations-done');
    // Somebody who was not here yet: a seat rests for whoever was.
    const [other] = await classmatesOf(`http://127.0.0.1:${hub.port}`, players, 1);
    const refused = await atSchool();
    await refused.page.evaluate((name) => sessionStorage.setItem('preau.account', name), other!.account);
    await refused.page.reload();
    await refused.page.getByRole('heading', { name: 'Vous êtes dans la salle d’attente' }).waitFor();
    await go('Mur');
    const row = page.getByRole('row', { name: /^mis en salle d’attente/ });
    await row.waitFor();
    await tile('En attente', /En attente\s*[1-9]/);
    await operator.look('operations-waiting');

    await go('Agir');
    await choose('Avis à tous');
    await page.getByLabel('Texte de l’avis').fill(NOTICE);
    await page.getByRole('region', { name: 'Ce que verra' }).getByText(NOTICE).waitFor();
    await operator.look('operations-notice');
    await order('tempête');
    // Whoever waits reads it without asking anew by hand.
    await refused.page.getByText(NOTICE).waitFor({ timeout: 60_000 });
    await refused.look('waiting-notice');

    await choose('Limites');
    await page.getByLabel('Rendre à la configuration').check();
    await order('c’est calme');
    await refused.isLive();
    await refused.leave();
  }, 180_000);

  test('stops a class’s posting, and lets it go on', async () => {
    const { page } = operator;
    const before = 'Avant la coupure';
    await pupil.go(players.title);
    await teacher.go(players.title);
    await teacher.page.getByRole('textbox', { name: 'Sujet du cours' }).fill('Les fractions');
    await teacher.page.getByRole('button', { name: 'Commencer le cours' }).click();
    await teacher.post(before);
    await pupil.sees(before);
    await choose('Couper la publication');
    const id = players.channel.slice('class:'.length);
    await page.getByLabel('Identifiant').fill(id);
    await order('insultes dans le fil');
    await teacher.post('Pendant la coupure');
    await teacher.page.getByText('On ne peut pas écrire ici en ce moment.').first().waitFor();
    await page.getByText(`classe ${id}`, { exact: true }).first().waitFor();
    await order('la classe s’est calmée', `Rétablir la publication : classe ${id}`, 'Rétablir');
    await teacher.post('Après la coupure');
    await pupil.sees('Après la coupure');
  });

  test('closes a role’s hours now, and opens them again', async () => {
    const { page } = operator;
    await hub.setClock('2026-03-27T19:59');
    const parent = await atSchool();
    await parent.enter(players.guardian.name);
    await choose('Horaires');
    await page.getByLabel('Jusqu’à').fill('2026-03-27T22:00');
    await page.getByRole('button', { name: 'Simuler' }).click();
    await page.getByText('1 connexion partirait maintenant.').waitFor();
    await page.getByRole('button', { name: 'Modifier' }).click();
    await order('maintenance du soir');
    await parent.page.getByRole('heading', { name: /^Ouverture pour vous à/ }).waitFor({ timeout: 60_000 });
    await order('fini plus tôt', 'Lever la décision 1', 'Lever');
    await parent.leave();
  }, 180_000);

  test('keeps an account out', async () => {
    const { page } = operator;
    await choose('Tenir un compte dehors');
    await page.getByLabel('Compte (identifiant)').fill(players.pupil.account);
    await order('portable volé');
    await pupil.page.getByRole('heading', { name: 'Accès interrompu par l’exploitation' }).waitFor();
    await pupil.page.getByText(/^Vous pourrez revenir dans 1[0-2] minutes environ/).waitFor();
    // Nothing of the class is left in sight, and a reload leads to the same page.
    expect(await pupil.count('Après la coupure')).toBe(0);
    await pupil.look('kicked');
    await pupil.page.reload();
    await pupil.page.getByRole('heading', { name: 'Accès interrompu par l’exploitation' }).waitFor();
    await order('retrouvé', `Laisser revenir ${players.pupil.account}`, 'Laisser revenir');
    await pupil.page.reload();
    await pupil.isLive();
    await pupil.sees('Après la coupure');
  });

  test('stands in the audit log, tries included', async () => {
    const { page } = operator;
    await go('Journal');
    await page.getByRole('row', { name: /insultes dans le fil/ }).waitFor();
    expect(await page.getByRole('row', { name: /simulé/ }).count()).toBeGreaterThan(3);
    await operator.look('operations-journal');
  });
});

describe('the report', () => {
  test('is read, and taken away as CSV and JSON', async () => {
    const { page } = operator;
    await go('Rapport');
    await page.getByText('Semaine').click();
    await page.getByRole('button', { name: 'Lire' }).click();
    await page.getByRole('row', { name: /27 mars/ }).waitFor();
    await operator.look('operations-report');
    const taken = async (name: string) => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name }).click(),
      ]);
      return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
    };
    const csv = await taken('Exporter en CSV');
    expect(csv.name).toBe('preau-report-2026-03-27.csv');
    const [head = '', ...lines] = csv.text.trimEnd().split('\r\n');
    const column = head.split(',').indexOf('pupils_tried');
    const region = lines.find((line) => line.startsWith('2026-03-27,region,'))?.split(',');
    expect(Number(region?.[column])).toBeGreaterThanOrEqual(2);
    const { days } = JSON.parse((await taken('Exporter en JSON')).text) as {
      days: { region: { pupils_tried: number } }[];
    };
    expect(days[0]?.region.pupils_tried).toBe(Number(region?.[column]));
  });
});

describe('a wall whose line is cut', () => {
  test('says so with the age of what it shows, and comes back by itself', async () => {
    const { page } = operator;
    await go('Mur');
    await page.getByRole('heading', { name: 'Places par catégorie' }).waitFor();
    operator.wire.cut();
    await page.getByText(/^Ces chiffres datent d’il y a [3-9] secondes$/).waitFor();
    await operator.look('operations-stale');
    operator.wire.mend();
    await page.getByText('Ces chiffres datent').waitFor({ state: 'detached' });
    await page.getByText('En direct').waitFor();
  });
});

describe('the end', () => {
  test('names its consequence, is agreed to, and ends the hub', async () => {
    const { page } = operator;
    await go('Agir');
    await choose('Arrêter le préau');
    await page.getByRole('button', { name: 'Simuler' }).click();
    await page.getByText(/^Je ferme \d+ connexions? et j’arrête le préau pour tout le monde\.$/).waitFor();
    await operator.look('operations-drain');
    await page.getByLabel('Motif, pour le journal').fill('mise à jour');
    // Without agreeing nothing happens.
    await page.getByRole('button', { name: 'Arrêter le préau', exact: true }).last().click();
    await page.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Arrêter le préau', exact: true }).last().click();
    await hub.hasEnded();
    await page.getByText(/^Ces chiffres datent d’il y a/).waitFor();
  });

  test('and nothing went wrong unseen', async () => {
    for (const person of [operator, teacher, pupil]) await person.leave();
  });
});
