/** The package as somebody else has it: packed, and installed into an empty folder outside the tree. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const TSC = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));

export class Installed {
  /** Where it is installed. */
  readonly folder = mkdtempSync(join(tmpdir(), 'preau-client-'));
  /** The paths of what was packed. */
  readonly files: readonly string[];

  constructor() {
    const packed = this.#npm(PACKAGE, 'pack', '--json', '--pack-destination', this.folder);
    // A script of npm's before may have printed too.
    const [{ filename, files }] = JSON.parse(packed.slice(packed.indexOf('[\n'))) as [
      { filename: string; files: { path: string }[] },
    ];
    this.files = files.map(({ path }) => path);
    this.write('package.json', '{ "private": true, "type": "module" }');
    this.#npm(this.folder, 'install', '--offline', '--no-audit', '--no-fund', `./${filename}`);
  }

  /** Puts a file beside it, and says where. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Runs a program of that folder to its end, and says what it printed. */
  node(...args: string[]): string {
    return execFileSync(process.execPath, args, { cwd: this.folder, encoding: 'utf8' });
  }

  /** What the compiler says about the folder, empty if nothing. */
  compile(): string {
    try {
      return execFileSync(process.execPath, [TSC, '--project', '.'], { cwd: this.folder, encoding: 'utf8' });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #npm(folder: string, ...args: string[]): string {
    return execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }
}
