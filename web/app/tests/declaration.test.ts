/** The accessibility declaration as a page: all of the document, in both languages, and nothing that runs. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import { declarationPage } from '../declaration.ts';

const file = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const markdown = file('../../../docs/ACCESSIBILITY.md');
const page = declarationPage(markdown);

const wordsOf = (text: string) => text.match(/[\p{L}\p{N}]+/gu) ?? [];

test('the page says what the document says, word by word', () => {
  const shown = page
    .slice(page.indexOf('<main>'))
    .replace(/<[^>]+>/g, ' ')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');
  const written = markdown.replace(/\]\([^)]*\)/g, ']');
  expect(wordsOf(shown)).toEqual(wordsOf(written));
  expect(page).not.toMatch(/\*\*|\]\(|<script|style=/);
});

test('its links within the page lead somewhere, and every page has a line that leads to it', () => {
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  // The state of conformity is named in the document, and the line says the same.
  expect(markdown).toContain('Le préau est **non conforme**');
  for (const entry of ['../index.html', '../operations.html']) {
    const html = file(entry);
    expect(html).toContain('<a href="/accessibilite.html" lang="fr">Accessibilité : non conforme</a>');
    const english = /href="\/accessibilite\.html#([^"]+)" lang="en">Accessibility: not compliant</.exec(html);
    expect(ids).toContain(english?.[1]);
  }
});

test('what would be markup is text', () => {
  const odd = declarationPage('# A & <b>\n\n---\n\nx "y" `<i>`\n');
  expect(odd).toContain('A &amp; &lt;b&gt;</h1>');
  expect(odd).toContain('x &quot;y&quot; <code>&lt;i&gt;</code>');
});
