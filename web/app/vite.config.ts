import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

import { declaration } from './declaration.ts';

/** Prints what a first visit has to fetch, compressed; `tests/weight.test.ts` holds it to its bound. */
function weight(): Plugin {
  return {
    name: 'weight',
    apply: 'build',
    writeBundle(_, bundle) {
      const page = bundle['index.html'];
      if (page?.type !== 'asset') return;
      const named = page.source.toString();
      const bytes = Object.values(bundle)
        .filter(({ fileName }) => /\.(js|css)$/.test(fileName) && named.includes(fileName))
        .map((file) => gzipSync(file.type === 'chunk' ? file.code : file.source).length)
        .reduce((sum, size) => sum + size, 0);
      console.log(
        `first view: ${(bytes / 1024).toFixed(1)} KiB of JavaScript and CSS, compressed (70 allowed)`,
      );
    },
  };
}

/** Texts shorter than this gain nothing. */
const COMPRESSED_BYTES_MIN = 1024;

/** Lays a compressed copy beside each text, so that the hub compresses nothing while it serves. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      for (const file of Object.values(bundle)) {
        const text = file.type === 'chunk' ? file.code : file.source;
        if (dir === undefined || !/\.(js|css|html|svg)$/.test(file.fileName)) continue;
        if (text.length < COMPRESSED_BYTES_MIN) continue;
        const path = join(dir, file.fileName);
        writeFileSync(`${path}.br`, brotliCompressSync(text));
        writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: '/',
  plugins: [svelte(), declaration(), weight(), compressed()],
  resolve: { conditions: ['preau-source', ...defaultClientConditions] },
  build: { target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy: { '/v1': { target: process.env['PREAU_URL'] ?? 'http://127.0.0.1:8080', ws: true } } },
});
