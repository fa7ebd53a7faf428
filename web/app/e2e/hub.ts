/** The real binary as a demo: started, killed without warning, started again on the same store. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

type Child = ReturnType<typeof spawn>;

export const BINARY =
  process.env['PREAU_BIN'] ?? fileURLToPath(new URL('../../../target/debug/preau', import.meta.url));
/** A Friday morning in the middle of a lesson. */
const SCHOOL_TIME = '2026-03-27T10:12';
const START_DEADLINE_MS = 30_000;

/** Indicators of the hub's load that the machine's other processes move, and where their pressure would begin and end. */
const OUT_OF_REACH = {
  shard_lag_ms: [10_000, 20_000],
  fanout_lag_ms: [10_000, 20_000],
  memory_part: [2, 3],
  psi_part: [2, 3],
} as const;

/**
 * What a hub is started with. The browsers take processors and memory beside it, and in a container they are of one control
 * group with it: that is no load of a hub's, and must not shed what a journey looks for. Whatever looks at a loaded hub says
 * so itself.
 */
export function environment(): NodeJS.ProcessEnv {
  const { PREAU_BIN: _, ...inherited } = process.env;
  const watermarks = Object.entries(OUT_OF_REACH).flatMap(([name, [low, high]]) => {
    const key = `PREAU_ADMISSION__WATERMARKS__${name.toUpperCase()}`;
    return [
      [`${key}__LOW`, `${low}.0`],
      [`${key}__HIGH`, `${high}.0`],
    ];
  });
  return { ...inherited, ...Object.fromEntries(watermarks) };
}

export class Hub {
  /** Where its store and its roster lie. */
  readonly folder: string;
  #child: Child | undefined;
  /** Where it listens now, and where for operators. */
  port = 0;
  operatorPort = 0;

  /** A hub whose store lies in this folder. */
  constructor(folder: string) {
    this.folder = folder;
  }

  async start(): Promise<void> {
    const flags = ['--addr', '127.0.0.1:0', '--data', this.folder, '--school-time', SCHOOL_TIME];
    const child = spawn(BINARY, ['demo', ...flags], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    [this.port, this.operatorPort] = await listening(child);
  }

  /** Waits until it has ended by itself. */
  async hasEnded(): Promise<void> {
    const child = this.#child;
    if (child && child.exitCode === null) await once(child, 'exit');
  }

  /** Sets the demo's clock for everybody: a civil minute of the school's zone. */
  async setClock(schoolTime: string): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/v1/demo/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ school_time: schoolTime }),
    });
    if (!answer.ok) throw new Error(`the clock was not set: ${answer.status} ${await answer.text()}`);
  }

  /** Sets one of its limits as an operator does, such as `seats_max=1` or `seats_max=default`. */
  async limit(set: string): Promise<void> {
    await this.#order('limits', '--set', set);
  }

  /** Tells everybody something as an operator does, or nothing any more. */
  async notice(text: string | undefined): Promise<void> {
    await this.#order('notice', ...(text === undefined ? ['--clear'] : [`--lang=fr`, '--', text]));
  }

  async #order(errand: string, ...words: readonly string[]): Promise<void> {
    const flags = ['--data', this.folder, errand, '--why', 'journey', ...words];
    const child = spawn(BINARY, ['ops', ...flags], {
      env: environment(),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`${errand} was not carried out: exit code ${code}`);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/** The ports in the first two addresses that the hub prints: everybody's and the operators'. */
function listening(child: Child): Promise<[number, number]> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const deadline = setTimeout(() => fail('took too long to start'), START_DEADLINE_MS);
    const fail = (why: string) => reject(new Error(`${BINARY} ${why}:\n${printed}`));
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      const [port, operatorPort] = [...printed.matchAll(/http:\/\/127\.0\.0\.1:(\d+)\s/g)].map(([, found]) =>
        Number(found),
      );
      if (port === undefined || operatorPort === undefined) return;
      clearTimeout(deadline);
      resolve([port, operatorPort]);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => fail(`can't be started: ${error.message}`));
    child.once('exit', (code) => fail(`ended with ${code}`));
  });
}
