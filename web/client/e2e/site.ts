/** A web server as it stands before a hub: the package's files at their paths, `/v1/` passed on. */

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
};

export class Site {
  readonly #server = createServer((asked, answer) => void this.#answer(asked, answer));
  readonly #folder: string;
  readonly #hub: () => number;

  /** Serves this folder; the hub listens at this port when it is asked. */
  constructor(folder: URL, hub: () => number) {
    this.#folder = fileURLToPath(folder);
    this.#hub = hub;
    this.#server.on('upgrade', (asked, near, head) => {
      const far = connect(this.#hub(), '127.0.0.1', () => {
        const fields = Object.entries(asked.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
        far.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${fields.join('')}\r\n`);
        far.write(head);
        far.pipe(near).pipe(far);
      });
      far.on('error', () => near.destroy());
      near.on('error', () => far.destroy());
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a site needs a TCP address');
    return `http://127.0.0.1:${address.port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { url = '/', method, headers } = asked;
    if (url.startsWith('/v1/')) {
      const passed = request({ port: this.#hub(), host: '127.0.0.1', path: url, method, headers }, (told) => {
        answer.writeHead(told.statusCode ?? 502, told.headers);
        told.pipe(answer);
      });
      passed.on('error', () => answer.writeHead(502).end());
      return void asked.pipe(passed);
    }
    const path = normalize(join(this.#folder, url.split('?')[0] ?? ''));
    const type = TYPES[extname(path)];
    try {
      if (type === undefined || !path.startsWith(this.#folder)) throw new Error('nothing to serve');
      const text = await readFile(path);
      answer.writeHead(200, { 'content-type': type }).end(text);
    } catch {
      answer.writeHead(404).end();
    }
  }
}
