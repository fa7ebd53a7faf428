/**
 * Positions that outlive a reload of the page, or a restart of the program, in a memory that the application gives.
 *
 * They are worth something only beside the publications that they stand for: whoever forgets one forgets the other. What
 * is of another account or version, too old or unreadable counts as nothing, and then each channel begins anew, which its
 * subscription says (`fresh`). Nothing is answered before the hub has said whose they are: a device may have changed hands.
 * This module must not know where the memory lies, or what was published.
 */

import type { Memory, PositionStore } from './environment.ts';
import type { Position } from './messages.ts';
import { isChannel, isCount, isFields, isPosition, isText, parseJson } from './shape.ts';

/** Channels whose positions are kept. One more, and the one that was written least recently is forgotten. */
export const POSITIONS_KEPT_MAX = 64;
/** For how long positions are worth continuing, in milliseconds: 30 days after the last one was kept. */
export const POSITIONS_KEPT_MS = 30 * 24 * 3_600_000;

/** What is written changes only together with this number; another number is another shape. */
const VERSION = 1;
const NAME = 'positions';

/** How positions are kept. */
export interface KeepOptions {
  /** For how long they are worth continuing, in milliseconds; `POSITIONS_KEPT_MS` if left out. */
  readonly keepMs?: number;
  /** The device's date in milliseconds since 1970; `Date.now` if left out. */
  readonly wall?: () => number;
}

/** Positions that outlive the page: give them to `fromGlobals` as `positions`. */
export class KeptPositions implements PositionStore {
  readonly #memory: Memory;
  readonly #keepMs: number;
  readonly #wall: () => number;
  #account: string | undefined;
  #held = new Map<string, Position>();

  /** Positions in this memory, which one program at a time writes. */
  constructor(memory: Memory, { keepMs = POSITIONS_KEPT_MS, wall = Date.now }: KeepOptions = {}) {
    this.#memory = memory;
    this.#keepMs = keepMs;
    this.#wall = wall;
  }

  /** Whose they are, once the hub has said. */
  get account(): string | undefined {
    return this.#account;
  }

  /** The position of a channel, if one is kept for this account. */
  read(channel: string): Position | undefined {
    return this.#held.get(channel);
  }

  /** Keeps a position at once. */
  write(channel: string, position: Position): void {
    // Moved to the end: the first one is the one that was written least recently.
    this.#held.delete(channel);
    this.#held.set(channel, position);
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= POSITIONS_KEPT_MAX) break;
      this.#held.delete(oldest);
    }
    this.#save();
  }

  /** Forgets a channel's position. */
  forget(channel: string): void {
    if (this.#held.delete(channel)) this.#save();
  }

  /** The hub said whose connection this is: what is kept for somebody else is forgotten. */
  belongTo(account: string): void {
    if (account === this.#account) return;
    const isFirst = this.#account === undefined;
    this.#account = account;
    this.#held = (isFirst ? this.#recall(account) : undefined) ?? new Map<string, Position>();
    if (this.#held.size === 0) this.#memory.write(NAME, undefined);
  }

  /** Forgets everything, here and in the memory: for whoever logs out. Forget the publications too. */
  clear(): void {
    this.#held.clear();
    this.#memory.write(NAME, undefined);
  }

  #recall(account: string): Map<string, Position> | undefined {
    const kept = parseJson(this.#memory.read(NAME) ?? '');
    if (!isFields(kept) || kept['version'] !== VERSION || kept['account'] !== account) return undefined;
    const { at, positions } = kept;
    if (!isCount(at) || this.#wall() - at > this.#keepMs) return undefined;
    if (!Array.isArray(positions) || positions.length > POSITIONS_KEPT_MAX) return undefined;
    return positions.every(isEntry) ? new Map(positions) : undefined;
  }

  #save(): void {
    if (this.#account === undefined) return;
    const at = Math.max(0, Math.round(this.#wall()));
    const kept = { version: VERSION, account: this.#account, at, positions: [...this.#held] };
    this.#memory.write(NAME, JSON.stringify(kept));
  }
}

function isEntry(value: unknown): value is [string, Position] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [channel, position] = value as unknown[];
  return isText(channel) && isChannel(channel) && isPosition(position);
}
