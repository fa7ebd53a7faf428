/** Shows screens: each in both languages, on a desk and on a phone, looked at by axe, with a picture left for people. */

import type { Person } from './person.ts';

/** A desk, and a cheap phone. */
export const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } } as const;
type Size = keyof typeof SIZES;

export interface Screen {
  readonly name: string;
  /** From the screen before, in French, on a desk. */
  readonly go: () => Promise<unknown>;
  /** Where it is another screen than one that is shown already. */
  readonly sizes?: readonly Size[];
}

async function turn({ page }: Person, language: 'fr' | 'en'): Promise<void> {
  const other = language === 'fr' ? 'en' : 'fr';
  if ((await page.evaluate(() => document.documentElement.lang)) === language) return;
  await page.locator(`header button[lang="${language}"]`).click();
  await page.locator(`header button[lang="${other}"]`).waitFor();
}

/** Looks at a screen in every size and language. */
export async function show(
  person: Person,
  { name, go, sizes = ['desk', 'phone'] }: Screen,
  languages: readonly ('fr' | 'en')[] = ['fr', 'en'],
): Promise<void> {
  await go();
  // A pane that is fetched when somebody goes there stands once it has its heading.
  await person.page.getByRole('heading', { level: 1 }).first().waitFor();
  // What one points at looks otherwise.
  await person.page.mouse.move(0, 0);
  for (const language of languages) {
    await turn(person, language);
    for (const size of sizes) {
      await person.page.setViewportSize(SIZES[size]);
      await person.look(`all-${name}-${size}-${language}`);
    }
  }
  await person.page.setViewportSize(SIZES[sizes[0] ?? 'desk']);
  await turn(person, 'fr');
}

export async function showAll(person: Person, screens: readonly Screen[]): Promise<void> {
  for (const screen of screens) await show(person, screen);
}

/** Somebody whose questions for a seat are answered in the hub's place, with what `docs/PROTOCOL.md` says. */
export async function atTheDoor(
  person: Person,
  account: string,
  status: number,
  body: object,
): Promise<Person> {
  await person.page.route('**/v1/seat', (route) => route.fulfill({ status, json: body }));
  await person.page.evaluate((name) => sessionStorage.setItem('preau.account', name), account);
  await person.page.reload();
  return person;
}
