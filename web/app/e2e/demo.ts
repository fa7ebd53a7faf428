/** The demo's lycée for one file of journeys: the real binary on a store of its own, and browsers before it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';

import { cast, type Cast } from './cast.ts';
import { Hub } from './hub.ts';
import { launch, Person } from './person.ts';
import { Wire } from './wire.ts';

export class Demo {
  readonly hub = new Hub(mkdtempSync(join(tmpdir(), 'preau-e2e-')));
  readonly #options: BrowserContextOptions;
  readonly #arrived: Person[] = [];
  #browser: Browser | undefined;

  /** A demo whose people have such browsers, unless they bring others. */
  constructor(options: BrowserContextOptions = {}) {
    this.#options = options;
  }

  /** Where the hub is, past everybody's wire. */
  get address(): string {
    return `http://127.0.0.1:${this.hub.port}`;
  }

  /** Starts the hub and a browser, and says who plays. */
  async start(): Promise<Cast> {
    await this.hub.start();
    this.#browser = await launch();
    return cast(this.address);
  }

  /** Somebody with a browser and a wire of their own. */
  async arrive(options: BrowserContextOptions = {}): Promise<Person> {
    if (!this.#browser) throw new Error('there is no browser');
    const wire = new Wire(() => this.hub.port);
    const person = await Person.arrive(this.#browser, wire, { ...this.#options, ...options });
    this.#arrived.push(person);
    return person;
  }

  /** Ends all of it, and leaves nothing behind. */
  async end(): Promise<void> {
    for (const person of this.#arrived) person.wire.close();
    await this.#browser?.close();
    await this.hub.kill();
    rmSync(this.hub.folder, { recursive: true, force: true });
  }
}
