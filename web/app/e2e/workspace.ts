/**
 * A school that logs in with its workspace: a real identity provider, the real binary in `serve` on a small roster, and
 * browsers that all reach it at one address, which the provider knows.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions } from 'playwright-core';

import { BINARY, environment } from './hub.ts';
import { launch, Person } from './person.ts';
import { Wire } from './wire.ts';

const PROVIDER = fileURLToPath(new URL('../../../tests/foreign/provider.mjs', import.meta.url));
type Child = ReturnType<typeof spawn>;

const SECRET = 'of the journeys alone';
const START_DEADLINE_MS = 30_000;

export const TEACHER = { account: 't-martin', name: 'Claire Martin' };
export const PUPIL = { account: 's-petit', name: 'Léa Petit' };
export const OPERATOR = { account: 'o-bernard', name: 'Bruno Bernard' };
/** Known to the workspace, and not to the roster. */
export const STRANGER = { account: 'x-nouveau' };

const ABSENT = [
  'demographics',
  'resources',
  'classResources',
  'courseResources',
  'categories',
  'lineItems',
  'results',
];

/** A OneRoster bundle of one lycée with one class. */
function roster(folder: string): void {
  const files: Record<string, string[]> = {
    orgs: [
      'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId',
      'academie,,,Région,district,,',
      'lycee,,,Lycée du Préau,school,,academie',
    ],
    academicSessions: [
      'sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear',
      'year,,,Année,schoolYear,2020-09-01,2099-07-15,,2099',
    ],
    courses: [
      'sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes',
      'course,,,year,Seconde,,2nde,lycee,,',
    ],
    classes: [
      'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods',
      '2a,,,2nde A,2nde,course,,homeroom,,lycee,year,,,',
    ],
    users: [
      'sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades',
      `${TEACHER.account},,,true,lycee,teacher,t,,Claire,Martin,,,,,,,`,
      `${PUPIL.account},,,true,lycee,student,s,,Léa,Petit,,,,,,,2nde`,
      `${OPERATOR.account},,,true,academie,administrator,o,,Bruno,Bernard,,,,,,,`,
    ],
    enrollments: [
      'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate',
      `e-1,,,2a,lycee,${TEACHER.account},teacher,,,`,
      `e-2,,,2a,lycee,${PUPIL.account},student,,,`,
    ],
  };
  const manifest = ['propertyName,value', 'manifest.version,1.0', 'oneroster.version,1.1'];
  manifest.push(...Object.keys(files).map((name) => `file.${name},bulk`));
  manifest.push(...ABSENT.map((name) => `file.${name},absent`));
  mkdirSync(folder, { recursive: true });
  for (const [name, lines] of Object.entries({ ...files, manifest })) {
    writeFileSync(join(folder, `${name}.csv`), `${lines.join('\n')}\n`);
  }
}

/** What a child prints, line by line. */
class Said {
  readonly #lines: AsyncIterator<string>;

  constructor({ stdout }: Child) {
    if (!stdout) throw new Error('nothing is printed');
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** The rest of the next line that begins so. */
  async line(start: string): Promise<string> {
    const late = new Promise<never>((_, reject) => {
      AbortSignal.timeout(START_DEADLINE_MS).onabort = () => reject(new Error(`${start} took too long`));
    });
    for (;;) {
      const { value, done } = await Promise.race([this.#lines.next(), late]);
      if (done) throw new Error(`it ended before it printed ${start}`);
      if (value.startsWith(start)) return value.slice(start.length);
    }
  }
}

/** A network that leads to an address that nobody opens or closes. */
class Way extends Wire {
  readonly #to: string;

  constructor(to: string) {
    super(() => 0);
    this.#to = to;
  }

  override open(): Promise<string> {
    return Promise.resolve(this.#to);
  }

  override close(): void {
    // It is everybody's.
  }
}

/** Says who one is where the provider asks. */
export async function atProvider({ page }: Person, account: string): Promise<void> {
  await page.locator('input[name=login]').fill(account);
  await page.locator('input[name=password]').fill('x');
  await page.locator('button[type=submit]').click();
}

export class Workspace {
  /** Where browsers find the hub. */
  address = '';
  /** Where it listens for operators. */
  operators = '';
  readonly #folder = mkdtempSync(join(tmpdir(), 'preau-e2e-'));
  readonly #wire = new Wire(() => this.#port);
  readonly #children: Child[] = [];
  #port = 0;
  #browser: Browser | undefined;
  #provider: { readonly child: Child; readonly said: Said } | undefined;

  /** Starts the provider, the hub and a browser. */
  async start(): Promise<void> {
    this.#browser = await launch();
    const publicAddress = await this.#wire.open();
    this.address = publicAddress;
    const child = spawn('node', [PROVIDER, publicAddress, SECRET], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    this.#provider = { child, said: new Said(child) };
    const issuer = await this.#provider.said.line('issuer ');
    const at = (name: string) => join(this.#folder, name);
    roster(at('roster'));
    writeFileSync(at('secret'), SECRET);
    const text = (value: string) => JSON.stringify(value);
    writeFileSync(
      at('preau.toml'),
      [
        `addr = "127.0.0.1:0"`,
        `data_dir = ${text(at('store'))}`,
        `roster = ${text(at('roster'))}`,
        `[login]`,
        `issuer = ${text(issuer)}`,
        `client_id = "preau"`,
        `client_secret_file = ${text(at('secret'))}`,
        `public_address = ${text(publicAddress)}`,
        `[hub]`,
        `drain_grace_seconds = 0`,
        `drain_window_seconds = 0`,
      ].join('\n'),
    );
    const flags = ['serve', '--config', at('preau.toml')];
    const hub = spawn(BINARY, flags, { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.push(hub);
    this.#port = Number(await new Said(hub).line('http://127.0.0.1:'));
    const pointer = readFileSync(join(at('store'), 'operator.json'), 'utf8');
    this.operators = `http://${(JSON.parse(pointer) as { address: string }).address}`;
  }

  /** Somebody with a browser at the hub's address, or at another. */
  arrive(options: BrowserContextOptions = {}, address = this.address): Promise<Person> {
    if (!this.#browser) throw new Error('there is no browser');
    return Person.arrive(this.#browser, new Way(address), options);
  }

  /** Tells the provider to do something: `away`, `back`, `rotate`. */
  async tell(order: string): Promise<void> {
    if (!this.#provider) throw new Error('there is no provider');
    this.#provider.child.stdin?.write(`${order}\n`);
    await this.#provider.said.line('done');
  }

  /** Ends all of it, and leaves nothing behind. */
  async end(): Promise<void> {
    await this.#browser?.close();
    for (const child of this.#children) {
      if (child.exitCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    this.#wire.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
