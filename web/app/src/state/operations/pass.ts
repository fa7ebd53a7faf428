/**
 * What an operator shows the hub: the machine's secret, which lasts as long as the hub, or a token, which is renewed.
 *
 * It stays in memory and nowhere else.
 */

import { LoggedOut, type Clock, type TokenSource } from '@preau/client';

/** What came of asking for another token. `over`: only a person can get one. */
export type Renewal = 'renewed' | 'over' | 'unreachable';

/** A token that is refused so soon after it was given is not the reason: another would be refused as well. */
const RENEWAL_MS_MIN = 2_000;

export class Pass {
  readonly #clock: Clock;
  readonly #source: TokenSource | undefined;
  readonly #who: string | undefined;
  #token: string;
  #givenAt: number;
  #asking: Promise<Renewal> | undefined;

  private constructor(clock: Clock, source: TokenSource | undefined, token: string, who: string | undefined) {
    this.#clock = clock;
    this.#source = source;
    this.#token = token;
    this.#who = who;
    this.#givenAt = clock.now();
  }

  /** A secret; `who` stands in the audit log. */
  static ofSecret(clock: Clock, secret: string, who: string): Pass {
    return new Pass(clock, undefined, secret, who === '' ? undefined : who);
  }

  /** Tokens from here; rejects as the source does. */
  static async ofTokens(clock: Clock, source: TokenSource): Promise<Pass> {
    return new Pass(clock, source, await source('first'), undefined);
  }

  headers(): Readonly<Record<string, string>> {
    return {
      authorization: `Bearer ${this.#token}`,
      ...(this.#who === undefined ? {} : { 'preau-who': this.#who }),
    };
  }

  /** Gets another token after one was refused. Those who ask while one is being fetched get that one. */
  renew(): Promise<Renewal> {
    this.#asking ??= this.#renew().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #renew(): Promise<Renewal> {
    if (!this.#source || this.#clock.now() - this.#givenAt < RENEWAL_MS_MIN) return 'over';
    try {
      this.#token = await this.#source('refused');
      this.#givenAt = this.#clock.now();
      return 'renewed';
    } catch (error) {
      return error instanceof LoggedOut ? 'over' : 'unreachable';
    }
  }
}
