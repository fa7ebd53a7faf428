/** A program that runs beside the test, and what it has said so far. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, vi } from 'vitest';

const PATIENCE_MS = 30_000;

export class Program {
  #out = '';
  #err = '';
  readonly #child;

  constructor(folder: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout.on('data', (piece: Buffer) => (this.#out += piece.toString()));
    this.#child.stderr.on('data', (piece: Buffer) => (this.#err += piece.toString()));
  }

  /** The lines on its standard output. */
  get lines(): readonly string[] {
    return this.#out.split('\n').slice(0, -1);
  }

  /** Waits until it has said a word on standard error. */
  async says(word: string): Promise<void> {
    await vi.waitFor(() => expect(this.#err.split('\n')).toContain(word), { timeout: PATIENCE_MS });
  }

  /** Waits until something expected of it is so. */
  async until(expected: () => void): Promise<void> {
    const told = () => {
      try {
        expected();
      } catch (error) {
        throw new Error(`${String(error)}\nit said:\n${this.#err}`);
      }
    };
    await vi.waitFor(told, { timeout: PATIENCE_MS });
  }

  /** Sends it a signal; the code that it ends with, if it ends by itself. */
  async end(signal: 'SIGINT' | 'SIGKILL'): Promise<number | null> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return exitCode;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    const [code] = (await gone) as [number | null];
    return code;
  }
}
