/**
 * The whole dashboard: logging in, and then the watch and the office. A token or a secret stays in memory and nowhere else.
 */

import { HubProblem, LoggedOut, type Environment, type TokenSource } from '@preau/client';
import { askDemo, demoTokens, type DemoAccount } from '../demo.ts';
import { Store } from '../store.ts';
import { Office } from './office.ts';
import { Watch } from './watch.ts';

/** Why somebody is at the entrance again. */
export type Trouble = 'refused' | 'unreachable' | 'ended';

export type OperationsView =
  | { readonly name: 'asking' }
  | {
      readonly name: 'entrance';
      /** Accounts of a demo; nothing in a hub for real schools. */
      readonly demo: readonly DemoAccount[] | undefined;
      readonly isEntering: boolean;
      readonly trouble?: Trouble;
    }
  | { readonly name: 'inside'; readonly watch: Watch; readonly office: Office; readonly isDemo: boolean };

export class Operations {
  readonly view = new Store<OperationsView>({ name: 'asking' });
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Asks whether this is a demo. */
  async start(trouble?: Trouble): Promise<void> {
    const because = trouble === undefined ? {} : { trouble };
    try {
      const demo = await askDemo(this.#environment);
      this.view.set({ name: 'entrance', demo: demo?.accounts, isEntering: false, ...because });
    } catch {
      this.view.set({ name: 'entrance', demo: undefined, isEntering: false, trouble: 'unreachable' });
    }
  }

  /** Logs in as an account of the demo. */
  enterAs(account: string): Promise<void> {
    return this.#enter(demoTokens(this.#environment, account), undefined);
  }

  /** Logs in with the machine's secret, or a token; `who` stands in the audit log. */
  enterWith(secret: string, who: string): Promise<void> {
    return this.#enter(() => Promise.resolve(secret), who === '' ? undefined : who);
  }

  leave(): Promise<void> {
    this.#close();
    return this.start();
  }

  async #enter(source: TokenSource, who: string | undefined): Promise<void> {
    const { value } = this.view;
    if (value.name !== 'entrance' || value.isEntering) return;
    const { demo } = value;
    this.view.set({ name: 'entrance', demo, isEntering: true });
    try {
      const token = await source('first');
      const headers = () => ({
        authorization: `Bearer ${token}`,
        ...(who === undefined ? {} : { 'preau-who': who }),
      });
      const office = new Office(this.#environment, headers);
      // Whether it opens anything.
      await office.limits();
      const watch = new Watch(this.#environment, headers, () => this.#ended());
      watch.start();
      this.view.set({ name: 'inside', watch, office, isDemo: demo !== undefined });
    } catch (error) {
      const refused = error instanceof LoggedOut || (error instanceof HubProblem && error.status < 500);
      this.view.set({
        name: 'entrance',
        demo,
        isEntering: false,
        trouble: refused ? 'refused' : 'unreachable',
      });
    }
  }

  #close(): void {
    const { value } = this.view;
    if (value.name === 'inside') value.watch.stop();
  }

  #ended(): void {
    this.#close();
    void this.start('ended');
  }
}
