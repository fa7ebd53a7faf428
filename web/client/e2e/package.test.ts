/** What is packed can be installed, imported and compiled against by somebody who has nothing of this tree. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Installed } from './installed.ts';

/** What a first user writes, and a mistake that the types must find. */
const CONSUMER = `import { Connection, fromGlobals, KeptPositions, PublishRejected, type SubscriptionEvent } from '@preau/client';

const words = new Map<string, string>();
const memory = {
  read: (name: string) => words.get(name),
  write: (name: string, word: string | undefined) => void (word === undefined ? words.delete(name) : words.set(name, word)),
};
const positions = new KeptPositions(memory, { keepMs: 1_000 });
export const connection = new Connection({
  environment: fromGlobals({ hub: 'https://hub.example', positions, memory }),
  token: async (why) => (why === 'refused' ? 'another' : 'one'),
});
export function told(event: SubscriptionEvent): string {
  switch (event.type) {
    case 'publication':
      return event.publication.kind === 'post' ? event.publication.body.text : event.publication.author;
    case 'reset':
      return event.why;
    case 'subscribed':
      return event.how;
    case 'ended':
      return event.why;
    case 'marked':
      return event.mark?.item ?? '';
    case 'behind':
    case 'caught_up':
      return event.type;
  }
}
connection.publish('class:2A', { kind: 'post', body: { text: 'Bonjour' } }).then(
  (receipt) => ('position' in receipt ? receipt.position.offset : 0),
  (error: unknown) => (error instanceof PublishRejected ? error.code : ''),
);
// @ts-expect-error there is no such kind
void connection.publish('class:2A', { kind: 'poem', body: { text: '' } });
`;

let installed: Installed;

beforeAll(() => {
  installed = new Installed();
});

afterAll(() => installed?.remove());

test('holds what is used and nothing of ours besides', () => {
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md', 'docs/reference.md', 'dist/index.d.ts']) {
    expect(installed.files).toContain(file);
  }
  expect(installed.files.filter((file) => /^(tests|e2e|node_modules)\/|tsconfig|typedoc/.test(file))).toEqual(
    [],
  );
  const licence = new URL('../../../LICENSE', import.meta.url);
  expect(readFileSync(new URL('../LICENSE', import.meta.url), 'utf8')).toBe(readFileSync(licence, 'utf8'));
});

test('depends on nothing', () => {
  const told = JSON.parse(
    readFileSync(`${installed.folder}/node_modules/@preau/client/package.json`, 'utf8'),
  ) as Record<string, unknown>;
  expect(told['dependencies'] ?? told['peerDependencies']).toBeUndefined();
  expect(told).toMatchObject({ sideEffects: false, license: 'Apache-2.0', engines: { node: '>=20.19' } });
});

test('is imported by Node as a module', () => {
  const program = installed.write(
    'import.mjs',
    `import { Connection, ERROR_CODES, fromGlobals, KeptPositions } from '@preau/client';
     console.log(typeof Connection, ERROR_CODES.length > 40, typeof fromGlobals, typeof KeptPositions);`,
  );
  expect(installed.node(program)).toBe('function true function function\n');
});

test.each(['nodenext', 'bundler'])('is compiled against with moduleResolution %s', (moduleResolution) => {
  const module = moduleResolution === 'nodenext' ? 'nodenext' : 'esnext';
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2022'],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    module,
    moduleResolution,
  };
  installed.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  installed.write('consumer.ts', CONSUMER);
  expect(installed.compile()).toBe('');
  installed.write('consumer.ts', CONSUMER.replace('// @ts-expect-error there is no such kind\n', ''));
  expect(installed.compile()).toContain('poem');
});
