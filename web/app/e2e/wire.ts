/** One person's network: a TCP proxy with an address that stays, whose line a test can cut and mend. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export class Wire {
  readonly #server = createServer((near) => this.#carry(near));
  readonly #ends = new Set<Socket>();
  readonly #target: () => number;
  #isCut = false;
  #blocksSockets = false;

  /** A wire to whatever port the target has at the moment. */
  constructor(target: () => number) {
    this.#target = target;
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a wire needs a TCP address');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Breaks every connection, and every new one, until mended. */
  cut(): void {
    this.#isCut = true;
    for (const end of this.#ends) end.destroy();
  }

  /** From now on ends every connection that asks for a WebSocket, as some networks do. */
  blockSockets(): void {
    this.#blocksSockets = true;
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #carry(near: Socket): void {
    if (this.#isCut) return void near.destroy();
    const far = connect(this.#target(), '127.0.0.1');
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#ends.add(end);
      end.setNoDelay(true);
      end.on('error', () => other.destroy());
      end.on('close', () => {
        this.#ends.delete(end);
        other.destroy();
      });
    }
    near.on('data', (chunk: Buffer) => {
      if (this.#blocksSockets && /^upgrade: *websocket/im.test(chunk.toString('latin1'))) near.destroy();
    });
    near.pipe(far);
    far.pipe(near);
  }
}
