/**
 * The accessibility declaration as a page of its own, made of docs/ACCESSIBILITY.md when the app is built: static, without a
 * script, and in step with the document. Of Markdown it knows what that document uses.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** Where the page lies, on everybody's site and on the operators'. */
export const DECLARATION = 'accessibilite.html';
const STYLES = 'accessibilite.css';
const DOCUMENT = fileURLToPath(new URL('../../docs/ACCESSIBILITY.md', import.meta.url));
const STYLES_SOURCE = fileURLToPath(new URL('declaration.css', import.meta.url));

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** What an anchor is called on GitHub, so that links within the document work in both places. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replace(/ /g, '-');
}

function inline(text: string): string {
  return escaped(text)
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, '<a href="$2">$1</a>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\*([^*]+)\*/g, '<em>$1</em>')
    .replace(/`([^`]+)`/g, '<code>$1</code>');
}

function table(lines: readonly string[]): string {
  const [head = [], ...rows] = lines
    .filter((line) => !/^\|[-| :]+\|$/.test(line))
    .map((line) => line.slice(1, -1).split('|'))
    .map((cells) => cells.map((cell) => inline(cell.trim())));
  const columns = head.map((cell) => `<th scope="col">${cell}</th>`).join('');
  const body = rows.map(([first, ...rest]) => {
    const cells = rest.map((cell) => `<td>${cell}</td>`).join('');
    return `<tr><th scope="row">${first}</th>${cells}</tr>`;
  });
  return `<table><thead><tr>${columns}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function list(lines: readonly string[]): string {
  const items = lines.join('\n').split(/^- /m).slice(1);
  return `<ul>${items.map((item) => `<li>${inline(item.replace(/\s+/g, ' ').trim())}</li>`).join('')}</ul>`;
}

/** One block: what stands between two empty lines. */
function block(text: string): string {
  const lines = text.split('\n');
  const heading = /^(#{1,3}) (.+)$/.exec(text);
  if (heading) {
    const [, hashes = '', title = ''] = heading;
    return `<h${hashes.length} id="${anchor(title)}">${inline(title)}</h${hashes.length}>`;
  }
  if (lines.every((line) => line.startsWith('|'))) return table(lines);
  if (text.startsWith('- ')) return list(lines);
  return `<p>${inline(lines.join(' '))}</p>`;
}

function article(markdown: string, language: string): string {
  const blocks = markdown.split(/\n{2,}/).filter((text) => text.trim() !== '');
  return `<article lang="${language}">\n${blocks.map((text) => block(text.trim())).join('\n')}\n</article>`;
}

/** The page. French stands first; a line of hyphens parts it from English. */
export function declarationPage(markdown: string): string {
  const [french = '', english = ''] = markdown.split(/^---$/m);
  return `<!doctype html>
<html lang="fr">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" type="image/svg+xml" href="/roof.svg" />
    <link rel="stylesheet" href="/${STYLES}" />
    <title>Accessibilité – préau</title>
  </head>
  <body>
    <header><a href="/">préau</a></header>
    <main>
${article(french, 'fr')}
<hr />
${article(english, 'en')}
    </main>
  </body>
</html>
`;
}

export function declaration(): Plugin {
  return {
    name: 'declaration',
    apply: 'build',
    generateBundle() {
      const markdown = readFileSync(DOCUMENT, 'utf8');
      this.emitFile({ type: 'asset', fileName: DECLARATION, source: declarationPage(markdown) });
      this.emitFile({ type: 'asset', fileName: STYLES, source: readFileSync(STYLES_SOURCE, 'utf8') });
    },
  };
}
