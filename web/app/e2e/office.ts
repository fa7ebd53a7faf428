/** What people do without a page: what their school's own software does for them over HTTP. */

import type { ClassPeople, Me } from '@preau/client';

import { json, meet, tokenOf } from './cast.ts';
import { rowsOf } from './roster.ts';

export interface Relative {
  readonly account: string;
  readonly name: string;
}

export interface Family {
  readonly child: Relative;
  /** Two guardians who have this one child. */
  readonly guardians: readonly [Relative, Relative];
  /** The child's class, and who teaches it. */
  readonly channel: string;
  readonly teacher: string;
}

const named = ({ account, given_name, family_name }: Pick<Me, 'account' | 'given_name' | 'family_name'>) => ({
  account,
  name: `${given_name} ${family_name}`,
});

export class Office {
  readonly #hub: () => string;
  #items = 0;

  constructor(hub: () => string) {
    this.#hub = hub;
  }

  me(account: string): Promise<Me> {
    return meet(this.#hub(), account);
  }

  /** Asks the hub something as an account. */
  async call(account: string, method: string, path: string, body?: object): Promise<unknown> {
    const token = await tokenOf(this.#hub(), account);
    return json(`${this.#hub()}${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Sends an announcement or work, and says what it is called. */
  async send(account: string, kind: 'announcement' | 'assignment', terms: object): Promise<string> {
    const id = `journey-${(this.#items += 1)}`;
    await this.call(account, 'POST', `/v1/${kind}s`, { id, ...terms });
    return id;
  }

  /** Writes something in a class. */
  async post(account: string, channel: string, body: object): Promise<void> {
    const message_id = `post-${(this.#items += 1)}`;
    const path = `/v1/channels/${encodeURIComponent(channel)}/publications`;
    await this.call(account, 'POST', path, { kind: 'post', message_id, body });
  }

  /** A family of the demo whose parents live apart, of those whom the entrance does not offer. */
  async separated(data: string): Promise<Family> {
    const isParent = ({ role = '' }) => ['parent', 'guardian', 'relative'].includes(role);
    const ids = rowsOf(data, 'users').filter(isParent);
    // Whom a judge or an adult child has decided about is another story.
    const limited = new Set(
      rowsOf(data, 'relationships')
        .filter((row) => row['metadata.receives'] === 'false' || row['metadata.legal'] === 'false')
        .map((row) => row['relationshipUserSourcedId']),
    );
    const guardians = await Promise.all(
      ids.flatMap(({ sourcedId = '' }) => (limited.has(sourcedId) ? [] : [this.me(sourcedId)])),
    );
    const only = guardians.filter(({ children }) => children?.length === 1);
    for (const first of only) {
      const child = first.children![0]!;
      const second = only.find((one) => one !== first && one.children![0]!.account === child.account);
      if (!second) continue;
      const { classes } = await this.me(child.account);
      const { channel } = classes.find(({ kind }) => kind === 'homeroom')!;
      const path = `/v1/classes/${encodeURIComponent(channel.slice('class:'.length))}/people`;
      const { people } = (await this.call(child.account, 'GET', path)) as ClassPeople;
      const teacher = people.find(({ role }) => role === 'teacher')!.account;
      return { child: named(child), guardians: [named(first), named(second)], channel, teacher };
    }
    throw new Error('the demo has no two guardians of one child');
  }
}
