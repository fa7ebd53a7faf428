/** One stream of events as the model hub writes it. */

import type { StreamListener } from '../../src/environment.ts';
import type { World } from './world.ts';

const LATENCY_MS = 20;

/** A stream of events, in pieces that are cut in the middle of a line. */
export class ModelStream {
  readonly channel: string;
  open = false;
  readonly #world: World;
  readonly #listener: StreamListener;

  constructor(world: World, channel: string, listener: StreamListener) {
    this.#world = world;
    this.channel = channel;
    this.#listener = listener;
  }

  send(message: object): void {
    this.write(`data: ${JSON.stringify(message)}\n\n`);
  }

  end(number: number, reason: object): void {
    this.write(`event: close\ndata: ${number} ${JSON.stringify(reason)}\n\n`);
  }

  write(text: string): void {
    const middle = Math.floor(text.length / 2);
    for (const piece of [text.slice(0, middle), text.slice(middle)]) {
      this.#world.after(LATENCY_MS, () => this.open && this.#listener.received(piece));
    }
  }

  break(): void {
    this.open = false;
    this.#world.after(0, () => this.#listener.closed());
  }
}
