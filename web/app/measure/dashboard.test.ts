/**
 * The dashboard left on during a storm: the load test cuts everybody's line, and pictures are taken of the wall before, at
 * the height, and when all are back (`docs/pictures/dashboard-*.png`). Not a part of the tests: it runs for minutes and needs
 * `preau` and `preau-loadtest` as release binaries, or those that `PREAU_BIN` and `PREAU_LOADTEST` name.
 *
 * By default a tenth of the scenario's people, let in no faster than a tenth of what the region is: so the storm looks as it
 * would at full size, for as long.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';

import { launch } from '../e2e/person.ts';

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const HUB = process.env['PREAU_BIN'] ?? at('target/release/preau');
const LOADTEST = process.env['PREAU_LOADTEST'] ?? at('target/release/preau-loadtest');
const SCALE = Number(process.env['PREAU_STORM_SCALE'] ?? 0.1);
/** The scenario's people, and admissions per second for all of them. */
const PEOPLE = 12_005;
const ADMISSIONS = 200;
const PICTURES = at('docs/pictures/');
/** A plot needs some of the calm after the storm. */
const CALM_MS = 20_000;

const number = (text: string | null) => Number((text ?? '').replace(/[^\d]/g, ''));

/** Waits until a tile of the wall shows a number that fits. */
async function until(page: Page, tile: string, fits: (count: number) => boolean): Promise<number> {
  const shown = page.locator('dl > div', { hasText: tile }).locator('.large');
  let count = 0;
  await expect
    .poll(async () => fits((count = number(await shown.textContent()))), { timeout: 180_000, interval: 250 })
    .toBe(true);
  return count;
}

test('a storm, as the watch team sees it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'preau-storm-'));
  const run = (command: string, flags: readonly string[]) => {
    const { status, stderr } = spawnSync(command, flags, { cwd: at('.'), encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${flags.join(' ')}: ${stderr}`);
  };
  run(LOADTEST, ['prepare', 'storm', folder]);
  const hub = spawn(HUB, ['serve', '--config', join(folder, 'preau.toml')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browser = await launch();
  try {
    const [printed] = (await once(hub.stdout, 'data')) as [Buffer];
    const target = printed.toString().trim().replace('http://', '');
    const pointer = JSON.parse(readFileSync(join(folder, 'data/operator.json'), 'utf8')) as {
      address: string;
      secret: string;
    };
    const rate = Math.max(5, Math.round(ADMISSIONS * SCALE));
    const set = [`flow.min=5`, `flow.start=${rate}`, `flow.max=${rate}`].flatMap((limit) => ['--set', limit]);
    run(HUB, ['ops', 'limits', '--data', join(folder, 'data'), ...set, '--why', 'a hub of this size']);

    const context = await browser.newContext({
      viewport: { width: 1920, height: 1080 },
      locale: 'fr-FR',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.goto(`http://${pointer.address}`);
    await page.getByLabel('Secret ou jeton').fill(pointer.secret);
    await page.getByRole('button', { name: 'Entrer', exact: true }).click();
    await page.getByText('En direct').waitFor();
    const picture = async (name: string) => {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `dashboard-${name}.png`) });
    };

    const key = join(folder, 'key.json');
    const flags = ['--target', target, '--pid', String(hub.pid), '--key', key, '--scale', String(SCALE)];
    const load = spawn(LOADTEST, ['run', 'storm', ...flags, '--out', join(folder, 'out')], {
      cwd: at('.'),
      stdio: 'inherit',
    });
    const over = once(load, 'exit');
    const everybody = PEOPLE * SCALE * 0.9;
    await until(page, 'Connectés', (count) => count > everybody);
    await picture('calm');
    await until(page, 'Connectés', (count) => count < everybody / 2);
    await until(page, 'En attente', (count) => count > everybody / 4);
    await picture('storm');
    await until(page, 'Connectés', (count) => count > everybody);
    await until(page, 'En attente', (count) => count === 0);
    const since = Date.now();
    await expect.poll(() => Date.now() - since, { timeout: 2 * CALM_MS }).toBeGreaterThan(CALM_MS);
    await picture('recovered');
    await over;
  } finally {
    await browser.close();
    const gone = once(hub, 'exit');
    hub.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }
});
