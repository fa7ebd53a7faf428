/** Somebody with a browser: what they do and what they see, in the words of the page. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';

import type { Wire } from './wire.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PICTURES = fileURLToPath(new URL('pictures/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What a browser logs when the line is cut, which is what these journeys do. */
const EXPECTED = /Failed to load resource|WebSocket connection to .* failed|net::ERR/;

export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
export const DARK: BrowserContextOptions = { colorScheme: 'dark' };

export function launch(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? BROWSERS.find(existsSync);
  if (executablePath === undefined)
    throw new Error('there is no Chromium: scripts/setup.sh test installs one');
  // Containers run as root, where Chromium's own sandbox can't.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

export class Person {
  readonly page: Page;
  readonly wire: Wire;
  /** What went wrong on the page without being seen: errors, dialogs, refused contents. */
  readonly mishaps: string[] = [];

  private constructor(page: Page, wire: Wire) {
    this.page = page;
    this.wire = wire;
    page.on('pageerror', (error) => this.mishaps.push(error.message));
    page.on('dialog', (dialog) => {
      this.mishaps.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) this.mishaps.push(message.text());
    });
  }

  static async arrive(browser: Browser, wire: Wire, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'fr-FR',
      timezoneId: 'America/Guadeloupe',
      reducedMotion: 'reduce',
      ...options,
    });
    const person = new Person(await context.newPage(), wire);
    await person.page.goto(await wire.open());
    return person;
  }

  /** Another tab of the same browser. */
  async tab(): Promise<Person> {
    const tab = new Person(await this.page.context().newPage(), this.wire);
    await tab.page.goto(new URL(this.page.url()).origin);
    return tab;
  }

  async enter(name: string): Promise<void> {
    await this.page.getByRole('button', { name }).click();
    await this.isLive();
  }

  /** Enters as somebody whom the entrance does not offer. */
  async enterAs(account: string): Promise<void> {
    await this.page.evaluate((name) => sessionStorage.setItem('preau.account', name), account);
    await this.page.reload();
    await this.isLive();
  }

  async isLive(): Promise<void> {
    await this.page.locator('.pill', { hasText: /En direct|Live/ }).waitFor();
  }

  async go(place: string): Promise<void> {
    await this.page.getByRole('navigation').getByRole('button', { name: place }).first().click();
  }

  /** Goes to the desk, to write for the place that is open. */
  async toDesk(): Promise<void> {
    await this.page.getByRole('main').getByRole('button', { name: 'Annonces et devoirs' }).click();
  }

  async post(text: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Votre message' }).fill(text);
    await this.page.keyboard.press('Control+Enter');
  }

  /** The box of the demo's clock, which is fetched after the page stands. */
  get clock(): Locator {
    return this.page.locator('details').filter({ has: this.page.getByLabel('Date et heure du lycée') });
  }

  get log(): Locator {
    return this.page.getByRole('log');
  }

  /** Waits until the feed shows a text. */
  async sees(text: string): Promise<void> {
    await this.log.getByText(text, { exact: true }).first().waitFor();
  }

  /** How often the whole page holds a text. */
  count(text: string): Promise<number> {
    return this.page.getByText(text, { exact: true }).count();
  }

  /** Of these texts, those that the feed shows, in its order. */
  async order(texts: readonly string[]): Promise<string[]> {
    const shown = await this.log.locator('.text').allTextContents();
    return shown.filter((text) => texts.includes(text));
  }

  /** No violation of WCAG 2.2 A and AA that axe can find. */
  async isAccessible(screen: string): Promise<void> {
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as typeof import('axe-core') & { axe: typeof import('axe-core') };
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
      const { violations } = await axe.run(document, { runOnly: tags });
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
      );
    });
    expect(found, screen).toEqual([]);
  }

  /** Nothing is wider than the window. */
  async fits(screen: string): Promise<void> {
    const wide = await this.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth <= clientWidth) return [];
      const isWide = (element: Element) => element.getBoundingClientRect().right > clientWidth;
      const elements = [...document.querySelectorAll('body *')].filter(isWide);
      return [`${scrollWidth} of ${clientWidth}`, ...elements.map(({ outerHTML }) => outerHTML.slice(0, 90))];
    });
    expect(wide, screen).toEqual([]);
  }

  /** The line that leads to the declaration of accessibility, once, in the language of the page. */
  async isDeclared(screen: string): Promise<void> {
    const lines = this.page.locator('footer a[href^="/accessibilite.html"]').filter({ visible: true });
    expect(await lines.count(), screen).toBe(1);
  }

  /** Looks at a screen: accessible and declared to be, within the window, and a picture for people. */
  async look(screen: string): Promise<void> {
    await this.isAccessible(screen);
    await this.isDeclared(screen);
    await this.fits(screen);
    await this.picture(screen);
  }

  async picture(screen: string): Promise<void> {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: `${PICTURES}${screen}.png` });
  }

  async leave(): Promise<void> {
    expect(this.mishaps).toEqual([]);
    await this.page.context().close();
    this.wire.close();
  }
}
