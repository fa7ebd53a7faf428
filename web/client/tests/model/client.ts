/** A client of the model hub, and everything that it is told. */

import { Connection } from '../../src/connection.ts';
import { positionsInMemory, type Memory, type PositionStore } from '../../src/environment.ts';
import type { HubTime } from '../../src/exchange.ts';
import type { StartFrom } from '../../src/messages.ts';
import type { ConnectionState } from '../../src/state.ts';
import type { SubscriptionEvent } from '../../src/subscription.ts';
import type { TokenSource, TokenWhy } from '../../src/token.ts';
import { textOf } from './answers.ts';
import type { ModelHub } from './hub.ts';

export class ModelClient {
  readonly connection: Connection;
  readonly states: ConnectionState[] = [];
  readonly times: HubTime[] = [];
  readonly tokenAsked: TokenWhy[] = [];
  /** What is held of each channel: cleared by a reset, as an application would. */
  readonly feed = new Map<string, string[]>();
  readonly events: (SubscriptionEvent & { readonly channel: string })[] = [];

  constructor(
    hub: ModelHub,
    options: { token?: TokenSource; positions?: PositionStore; memory?: Memory; streams?: boolean } = {},
  ) {
    const { world } = hub;
    let tokens = 0;
    const token: TokenSource = (why) => {
      this.tokenAsked.push(why);
      return options.token ? options.token(why) : Promise.resolve(`token-${(tokens += 1)}`);
    };
    this.connection = new Connection({
      environment: {
        clock: world,
        chance: world,
        hub: 'hub:',
        request: hub.request,
        open: hub.open,
        ...(options.streams === false ? {} : { stream: hub.stream }),
        positions: options.positions ?? positionsInMemory(),
        ...(options.memory ? { memory: options.memory } : {}),
      },
      token,
    });
    this.connection.onState((state) => this.states.push(state));
    this.connection.onTime((time) => this.times.push(time));
  }

  get state(): ConnectionState {
    return this.connection.state;
  }

  /** The names of the states passed through, without repetition. */
  get path(): string[] {
    return this.states.map(({ name }) => name).filter((name, index, all) => name !== all[index - 1]);
  }

  follow(channel: string, from: StartFrom = { last: 100 }): () => void {
    const texts: string[] = [];
    this.feed.set(channel, texts);
    return this.connection.subscribe(channel, from, (event) => {
      this.events.push({ ...event, channel });
      if (event.type === 'reset') texts.length = 0;
      if (event.type === 'publication') texts.push(textOf(event.publication));
    });
  }
}
