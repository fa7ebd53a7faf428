/**
 * Replaces the connection's token before it ends, on the open socket, and with it renews the connection's lease.
 *
 * Times are the hub's own, related by its welcome, so a wrong clock on the device does no harm. If no token can be had the
 * hub closes with `token_expired`, and the connection asks once more from there.
 */

import type { Cancel, Chance, Clock } from './environment.ts';
import type { ClientMessage, Refreshed, Refusal, Welcome } from './messages.ts';
import type { Tokens } from './token.ts';

/** How long before its end a token is replaced: this, or a quarter of its life if that is shorter. */
const MARGIN_MS = 60_000;
/** The shortest wait between two tries. */
const RETRY_MS = 1_000;

export class Renewal {
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #tokens: Tokens;
  readonly #wake: () => void;
  /** The hub's machine time less our clock. */
  readonly #ahead: number;
  #endsAt: number;
  #ready: string | undefined;
  #id: number | undefined;
  #cancel: Cancel = () => undefined;
  #stopped = false;

  constructor(clock: Clock, chance: Chance, tokens: Tokens, welcome: Welcome, wake: () => void) {
    this.#clock = clock;
    this.#chance = chance;
    this.#tokens = tokens;
    this.#wake = wake;
    this.#ahead = welcome.server_time - clock.now();
    this.#endsAt = endOf(welcome);
    this.#plan();
  }

  /** The refresh, once there is a token to send. */
  next(id: () => number): ClientMessage | undefined {
    if (this.#ready === undefined) return undefined;
    const token = this.#ready;
    this.#ready = undefined;
    this.#id = id();
    return { type: 'refresh', id: this.#id, token };
  }

  get ready(): boolean {
    return this.#ready !== undefined;
  }

  refreshed(answer: Refreshed): void {
    if (answer.id !== this.#id) return;
    this.#id = undefined;
    this.#endsAt = endOf(answer);
    this.#plan();
  }

  /** Whether the refusal was for a refresh. */
  refused(refusal: Refusal): boolean {
    if (this.#id === undefined || refusal.id !== this.#id) return false;
    this.#id = undefined;
    this.#again(refusal.retry_after_ms);
    return true;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #left(): number {
    return this.#endsAt - (this.#clock.now() + this.#ahead);
  }

  #plan(): void {
    const left = this.#left();
    const margin = Math.min(MARGIN_MS, left / 4);
    // Half of the margin is drawn by lot: tokens issued at the same bell are not renewed at the same moment.
    this.#arm(left - margin + (this.#chance.fraction() * margin) / 2);
  }

  #again(afterMs = RETRY_MS): void {
    const left = this.#left();
    if (left > 0) this.#arm(Math.max(afterMs, RETRY_MS, left / 4));
  }

  #arm(ms: number): void {
    this.#cancel();
    if (this.#stopped) return;
    this.#cancel = this.#clock.after(Math.max(RETRY_MS, ms), () => this.#ask());
  }

  #ask(): void {
    this.#tokens.renew('expiring').then(
      (token) => {
        if (this.#stopped) return;
        this.#ready = token;
        this.#wake();
      },
      () => this.#again(),
    );
  }
}

/** The connection ends with its token or with its lease, whichever is first. */
function endOf({ token_expires_at, lease_expires_at = Infinity }: Welcome | Refreshed): number {
  return Math.min(token_expires_at, lease_expires_at);
}
