/** The operators' orders over HTTP: each can be tried before it is given, and says which entry of the audit log it became. */

import { HubProblem, type Environment } from '@preau/client';
import { call, isFields, type Fields } from '../call.ts';
import type { ClassName } from './moment.ts';
import type { Pass } from './pass.ts';

/** Whom other limits would refuse, of one class. */
export interface ClassTrial {
  readonly class: ClassName;
  readonly nominal: number;
  readonly held: number;
  readonly held_refused: number;
  readonly waiting: number;
  readonly waiting_refused: number;
  readonly asked: number;
  readonly asked_refused: number;
}

/** The answer to an order: what it did, or would do. */
export interface Change {
  /** Its number in the audit log. */
  readonly entry: number;
  readonly outcome: 'done' | 'dry_run';
  readonly before: unknown;
  readonly after: unknown;
  readonly trial: {
    readonly seats?: number;
    readonly classes?: readonly ClassTrial[];
    readonly connections?: number;
    readonly until?: number;
    readonly number?: number;
  } | null;
}

/** An order without its reason. */
export interface Order {
  /** Below `/v1/operator/`. */
  readonly path: string;
  readonly wanted: Fields;
}

export interface Entry {
  readonly id: number;
  readonly machine_time: number;
  readonly school_time: number;
  readonly who: string;
  readonly what: string;
  readonly scope: string;
  readonly why: string;
  readonly outcome: 'done' | 'dry_run' | 'refused';
  readonly code?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The limits in force, and those that operators have set. */
export interface Limits {
  readonly limits: Fields;
  readonly set: Fields;
}

export type ByRole<T> = Readonly<Record<'teacher' | 'student' | 'guardian' | 'staff' | 'operator', T>>;

export interface ReportRow {
  readonly reliability: number | null;
  readonly pupils_tried: number;
  readonly pupils_at_first_try: number;
  readonly peak: ByRole<number>;
  readonly visits: ByRole<number>;
  readonly mean_visit_seconds: ByRole<number | null>;
  readonly refused: Readonly<Record<string, number>>;
  readonly publications: number;
  readonly deliveries: number;
}

export interface ReportDay {
  readonly date: string;
  readonly is_today: boolean;
  readonly region: ReportRow;
  readonly schools: Readonly<Record<string, ReportRow>>;
}

const isChange = (value: unknown): value is Change =>
  isFields(value) && typeof value['entry'] === 'number' && typeof value['outcome'] === 'string';
const isPage = (value: unknown): value is { readonly entries: readonly Entry[] } =>
  isFields(value) && Array.isArray(value['entries']);
const isLimits = (value: unknown): value is Limits =>
  isFields(value) && isFields(value['limits']) && isFields(value['set']);
const isReport = (value: unknown): value is { readonly days: readonly ReportDay[] } =>
  isFields(value) && Array.isArray(value['days']);

export class Office {
  readonly #environment: Environment;
  readonly #pass: Pass;

  constructor(environment: Environment, pass: Pass) {
    this.#environment = environment;
    this.#pass = pass;
  }

  /** Says what an order would do. It is written into the audit log as tried. */
  attempt(order: Order, why: string): Promise<Change> {
    return this.#ask('POST', `${order.path}?dry_run=true`, { ...order.wanted, why }, isChange);
  }

  /** Gives an order. */
  give(order: Order, why: string): Promise<Change> {
    return this.#ask('POST', order.path, { ...order.wanted, why }, isChange);
  }

  limits(): Promise<Limits> {
    return this.#ask('GET', 'limits', undefined, isLimits);
  }

  /** A page of the audit log, the newest first. */
  async audit(limit: number, before?: number): Promise<readonly Entry[]> {
    const older = before === undefined ? '' : `&before=${before}`;
    return (await this.#ask('GET', `audit?limit=${limit}${older}`, undefined, isPage)).entries;
  }

  /** The report from a day to a day; of today without any. */
  async report(from?: string, until?: string): Promise<readonly ReportDay[]> {
    const range = from === undefined ? '' : `?from=${from}&until=${until ?? from}`;
    return (await this.#ask('GET', `report${range}`, undefined, isReport)).days;
  }

  async #ask<T>(
    method: 'GET' | 'POST',
    path: string,
    body: Fields | undefined,
    guard: (value: unknown) => value is T,
  ): Promise<T> {
    const ask = () =>
      call(this.#environment, method, `/v1/operator/${path}`, body, guard, this.#pass.headers());
    try {
      return await ask();
    } catch (error) {
      // A token that is over was refused before anything was done.
      const isOver = error instanceof HubProblem && error.status === 401;
      if (!isOver || (await this.#pass.renew()) !== 'renewed') throw error;
      return ask();
    }
  }
}
