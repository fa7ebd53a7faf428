/**
 * Knows whether the other side is still there. A browser hides the hub's own pings, so silence is met with a question, and
 * a question without an answer means that the line is dead, whatever the operating system believes.
 */

import type { Cancel, Clock } from './environment.ts';

/** From the question to the last moment at which anything heard is an answer. */
const ANSWER_DEADLINE_MS = 10_000;

export interface HeartbeatNews {
  /** Ask for a sign of life. */
  silent(): void;
  /** Nothing came. */
  dead(): void;
}

export class Heartbeat {
  readonly #clock: Clock;
  readonly #news: HeartbeatNews;
  readonly #intervalMs: number;
  #heardAt: number;
  #askedAt: number | undefined;
  #cancel: Cancel;

  constructor(clock: Clock, intervalMs: number, news: HeartbeatNews) {
    this.#clock = clock;
    this.#news = news;
    this.#intervalMs = intervalMs;
    this.#heardAt = clock.now();
    this.#cancel = this.#arm(intervalMs);
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
    this.#askedAt = undefined;
  }

  /** Asks now: the device woke, or the network changed. */
  probe(): void {
    if (this.#askedAt !== undefined) return;
    this.#askedAt = this.#clock.now();
    this.#cancel();
    this.#cancel = this.#arm(ANSWER_DEADLINE_MS);
    this.#news.silent();
  }

  stop(): void {
    this.#cancel();
  }

  #arm(ms: number): Cancel {
    return this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    if (this.#askedAt !== undefined && now - this.#askedAt >= ANSWER_DEADLINE_MS) {
      this.#news.dead();
    } else if (this.#askedAt === undefined && now - this.#heardAt >= this.#intervalMs) {
      this.probe();
    } else {
      // Something was heard meanwhile: the timer is moved, not set anew for every frame.
      this.#cancel = this.#arm(this.#intervalMs - (now - this.#heardAt));
    }
  }
}
