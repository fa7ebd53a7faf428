/** The API reference is what the source says, and every export says something. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, type TypeDocOptions } from 'typedoc';
import { expect, test } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const DEADLINE_MS = 60_000;

/** Makes the reference with these options in a folder of its own: the files, or `undefined` if it warned. */
async function reference(options: Partial<TypeDocOptions> = {}): Promise<Map<string, string> | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'preau-reference-'));
  try {
    const app = await Application.bootstrapWithPlugins({ options: PACKAGE, out: folder, ...options });
    const project = await app.convert();
    if (!project) return undefined;
    app.validate(project);
    if (app.logger.hasErrors() || app.logger.hasWarnings()) return undefined;
    await app.generateOutputs(project);
    if (app.logger.hasErrors() || app.logger.hasWarnings()) return undefined;
    return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test(
  'what is committed is what is made',
  async () => {
    const made = await reference();
    expect(made, '`npm run reference` says what is missing').toBeDefined();
    const docs = new URL('../docs/', import.meta.url);
    const committed = readdirSync(docs).map(
      (name) => [name, readFileSync(new URL(name, docs), 'utf8')] as const,
    );
    expect(new Map(committed), 'run `npm run reference`').toEqual(made);
    expect(made!.get('reference.md')).toContain('KeptPositions');
  },
  DEADLINE_MS,
);

test(
  'an export without a comment is not let pass',
  async () => {
    const entryPoints = [fileURLToPath(new URL('model/undocumented.ts', import.meta.url))];
    const tsconfig = fileURLToPath(new URL('../tsconfig.tests.json', import.meta.url));
    expect(await reference({ entryPoints, tsconfig, logLevel: 'None' as never })).toBeUndefined();
  },
  DEADLINE_MS,
);
