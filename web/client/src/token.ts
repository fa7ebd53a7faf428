/**
 * The bearer token: asked of the application when there is none, when it is about to end, and when the hub refused it.
 *
 * It is held in memory only, and never put into an address.
 */

/** Why a token is wanted. */
export type TokenWhy = 'first' | 'expiring' | 'refused';

/** Obtains a token. Rejects with `LoggedOut` if only a person can get another; any other failure is tried again. */
export type TokenSource = (why: TokenWhy) => Promise<string>;

/** There is no token to be had without logging in again. */
export class LoggedOut extends Error {
  override readonly name = 'LoggedOut';
}

export class Tokens {
  readonly #source: TokenSource;
  #held: string | undefined;
  #asking: Promise<string> | undefined;

  constructor(source: TokenSource) {
    this.#source = source;
  }

  /** The token in use; the first time, a new one. */
  current(): Promise<string> {
    return this.#held === undefined ? this.renew('first') : Promise.resolve(this.#held);
  }

  /** Another token. Those who ask while one is being fetched get that one. */
  renew(why: TokenWhy): Promise<string> {
    this.#asking ??= this.#source(why)
      .then((token) => (this.#held = token))
      .finally(() => (this.#asking = undefined));
    return this.#asking;
  }
}
