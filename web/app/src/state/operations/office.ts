/** The operators' orders over HTTP: each can be tried before it is given, and says which entry of the audit log it became. */

import { HubProblem, HubUnreachable, type Environment } from '@preau/client';
import type { ClassName } from './moment.ts';

type Fields = Readonly<Record<string, unknown>>;

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

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
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
  readonly #headers: () => Readonly<Record<string, string>>;

  constructor(environment: Environment, headers: () => Readonly<Record<string, string>>) {
    this.#environment = environment;
    this.#headers = headers;
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
    const { hub } = this.#environment;
    const headers = {
      accept: 'application/json',
      ...this.#headers(),
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
    const text = body ? { body: JSON.stringify(body) } : {};
    const answer = await this.#environment
      .request({ method, url: `${hub}/v1/operator/${path}`, headers, ...text })
      .catch(() => Promise.reject(new HubUnreachable('no answer')));
    let value: unknown;
    try {
      value = JSON.parse(answer.text);
    } catch {
      value = undefined;
    }
    if (answer.status !== 200) throw HubProblem.from(answer.status, value);
    if (!guard(value)) throw new HubUnreachable('an answer of another shape');
    return value;
  }
}
