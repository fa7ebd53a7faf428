/** A first visit over a poor line: everything that the page fetches before it shows itself. */

import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { expect, test, vi } from 'vitest';

const FIRST_VIEW_BYTES_MAX = 70 * 1024;
/** What docs/PAGES.md says. */
const DASHBOARD_BYTES_MAX = 90 * 1024;

test('the first view weighs at most 70 KiB, and asks nobody else', async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  // What is shipped, without the checks that Svelte adds under test.
  vi.stubEnv('NODE_ENV', 'production');
  const built = (await build({
    root,
    logLevel: 'silent',
    build: { write: false },
  })) as Rolldown.RolldownOutput;
  const texts = built.output.map((file) => ({
    name: file.fileName,
    text: file.type === 'chunk' ? file.code : Buffer.from(file.source).toString(),
  }));
  // What the page does not name is fetched when somebody goes there.
  const page = texts.find(({ name }) => name === 'index.html')?.text ?? '';
  const bytes = texts
    .filter(({ name }) => /\.(js|css)$/.test(name) && page.includes(name))
    .reduce((sum, { text }) => sum + gzipSync(text).length, 0);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(FIRST_VIEW_BYTES_MAX);
  for (const { name, text } of texts.filter((file) => /\.(html|css)$/.test(file.name))) {
    // Where a link leads is no request; whatever else its tag holds may be one.
    const asking = text.replace(/(<a\b[^>]*?)\shref="[^"]*"/g, '$1');
    expect(asking, name).not.toMatch(/(?:src|href|url\()=?["'(]?\s*(?:https?:)?\/\//);
  }
}, 60_000);

test('the operators’ dashboard weighs what is said, with everything that it ever fetches', async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  vi.stubEnv('NODE_ENV', 'production');
  const built = (await build({
    root,
    configFile: `${root}vite.operations.config.ts`,
    logLevel: 'silent',
    build: { write: false },
  })) as Rolldown.RolldownOutput;
  const bytes = built.output
    .filter(({ fileName }) => /\.(js|css)$/.test(fileName))
    .map((file) => gzipSync(file.type === 'chunk' ? file.code : file.source).length)
    .reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(70 * 1024);
  expect(bytes).toBeLessThanOrEqual(DASHBOARD_BYTES_MAX);
}, 60_000);
