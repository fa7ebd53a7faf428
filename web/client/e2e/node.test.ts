/** The example for Node against the real hub: with Node's own WebSocket and with that of `ws`, over restarts of either side. */

import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Installed } from './installed.ts';
import { Program } from './program.ts';
import { CLASS, PUPIL, School } from './school.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** Node has a WebSocket of its own from 22 on, and before that if it is told to: here it is run both ways. */
const HAS_SOCKET = 'WebSocket' in globalThis;
const WAYS = [
  { name: 'with a WebSocket of its own', flags: HAS_SOCKET ? [] : ['--experimental-websocket'] },
  { name: 'without', flags: HAS_SOCKET ? ['--no-experimental-websocket'] : [] },
];

const school = new School();
const programs: Program[] = [];
let installed: Installed;

beforeAll(async () => {
  installed = new Installed();
  cpSync(path('../examples/node.mjs'), `${installed.folder}/node.mjs`);
  symlinkSync(path('../../../tests/foreign/node_modules/ws'), `${installed.folder}/node_modules/ws`);
  await school.open();
});

afterAll(async () => {
  for (const program of programs) await program.end('SIGKILL');
  await school.close();
  installed?.remove();
});

function follow(flags: readonly string[], token: string, file: string): Program {
  const program = new Program(installed.folder, [...flags, 'node.mjs', school.address, token, CLASS, file]);
  programs.push(program);
  return program;
}

interface Line {
  readonly position: { readonly offset: number };
  readonly body: { readonly text: string };
}

const heard = (program: Program) => program.lines.map((line) => JSON.parse(line) as Line);
const texts = (program: Program) => heard(program).map(({ body }) => body.text);

/** Waits until a program has shown a text as its last, and has kept its position. */
async function shows(program: Program, text: string, file: string): Promise<void> {
  await program.until(() => {
    const last = heard(program).at(-1);
    expect(last?.body.text).toBe(text);
    const { positions } = JSON.parse(readFileSync(`${installed.folder}/${file}`, 'utf8')) as {
      positions: string;
    };
    expect(JSON.parse(positions)).toMatchObject({ positions: [[CLASS, last?.position]] });
  });
}

test.each(WAYS)('$name: what was missed comes after a restart, nothing twice', async ({ name, flags }) => {
  const file = `${name.replaceAll(' ', '-')}.json`;
  const token = await school.token(PUPIL);
  const first = follow(flags, token, file);
  await first.says('fresh');
  await school.write(`${name} 1`);
  await shows(first, `${name} 1`, file);
  // As a power cut would.
  await first.end('SIGKILL');
  for (const number of [2, 3]) await school.write(`${name} ${number}`);
  const second = follow(flags, token, file);
  await second.says('resumed');
  await shows(second, `${name} 3`, file);
  // The hub goes too, and comes back: the same program goes on.
  await school.hub.kill();
  await school.hub.start();
  await school.write(`${name} 4`);
  await shows(second, `${name} 4`, file);
  expect(texts(second)).toEqual([`${name} 2`, `${name} 3`, `${name} 4`]);
  expect(await second.end('SIGINT')).toBe(0);
});

test('somebody else at the same file begins anew', async () => {
  const file = 'shared.json';
  const first = follow(WAYS[0]!.flags, await school.token(PUPIL), file);
  await first.says('fresh');
  await school.write('for both');
  await shows(first, 'for both', file);
  await first.end('SIGINT');
  const second = follow(WAYS[1]!.flags, await school.token('t.martin'), file);
  await second.says('fresh');
  await second.end('SIGINT');
  expect(readFileSync(`${installed.folder}/${file}`, 'utf8')).not.toContain(PUPIL);
});
