/** A real hub for these tests, with an address that stays when it is killed, and a teacher who writes there. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Hub } from '../../app/e2e/hub.ts';
import { Wire } from '../../app/e2e/wire.ts';

export const CLASS = 'class:2A';
export const TEACHER = 't.martin';
export const PUPIL = 's.petit';

export class School {
  readonly hub = new Hub(mkdtempSync(join(tmpdir(), 'preau-client-hub-')));
  readonly wire = new Wire(() => this.hub.port);
  /** Where the hub is, whichever port it has. */
  address = '';
  #posts = 0;

  async open(): Promise<void> {
    await this.hub.start();
    this.address = await this.wire.open();
  }

  /** A token of somebody of the demo. */
  async token(account: string): Promise<string> {
    const answer = await this.#post('/v1/demo/login', {}, { account });
    return ((await answer.json()) as { token: string }).token;
  }

  /** The teacher writes in the class; resolves once it is stored. */
  async write(text: string): Promise<void> {
    this.#posts += 1;
    const body = { kind: 'post', message_id: `${process.pid}-${this.#posts}`, body: { text } };
    const authorization = `Bearer ${await this.token(TEACHER)}`;
    const answer = await this.#post(`/v1/channels/${CLASS}/publications`, { authorization }, body);
    if (!answer.ok) throw new Error(`${text} was not stored: ${answer.status} ${await answer.text()}`);
  }

  async close(): Promise<void> {
    this.wire.close();
    await this.hub.kill();
    rmSync(this.hub.folder, { recursive: true, force: true });
  }

  /** Past the wire, which may be cut. */
  #post(path: string, headers: Record<string, string>, body: unknown): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.hub.port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }
}
