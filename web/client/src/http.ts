/**
 * The hub's HTTP surface as a client needs it: a seat for the socket, who I am, who the others of a class are, and the
 * past of a channel.
 *
 * Rejections are `HubProblem` (the hub said no, and why), `HubUnreachable` (nobody answered) or what the token source threw.
 */

import { within } from './deadline.ts';
import type { Environment } from './environment.ts';
import type { Kind, Position, Publication, Role } from './messages.ts';
import { isPublication } from './parse.ts';
import { HubProblem, HubUnreachable, remedy } from './problem.ts';
import { isSeatAnswer, type Place, type Seat, type Shown } from './seat.ts';
import {
  isChannel,
  isFields,
  isIdentifier,
  isListOf,
  isPosition,
  isRole,
  isText,
  parseJson,
} from './shape.ts';
import type { Tokens } from './token.ts';

/** From asking to the whole answer, including a token if one is wanted. */
const ANSWER_DEADLINE_MS = 15_000;
const EMPTY_PAGES_MAX = 16;

export interface School {
  readonly id: string;
  readonly name: string;
}

export interface ClassRoom {
  readonly channel: string;
  readonly title: string;
  readonly kind: 'homeroom' | 'scheduled';
  readonly subject?: string;
  /** What the account is there: `teacher`, `student`, or another word of OneRoster. */
  readonly role: string;
}

/** The account behind the token. */
export interface Me {
  readonly account: string;
  readonly role: Role;
  readonly given_name: string;
  readonly family_name: string;
  /** The IANA time zone of the schools: due dates are civil times there. */
  readonly zone: string;
  readonly schools: readonly School[];
  readonly classes: readonly ClassRoom[];
  /** Every channel that this account may follow. */
  readonly channels: readonly string[];
}

/** Somebody of a class. */
export interface ClassPerson {
  /** As publications name their author. */
  readonly account: string;
  readonly role: 'teacher' | 'student';
  readonly given_name: string;
  readonly family_name: string;
}

/** What the people of a class are called. */
export interface ClassPeople {
  readonly class: string;
  readonly title: string;
  /** Who teaches it, then who attends it. */
  readonly people: readonly ClassPerson[];
}

export interface HistoryQuery {
  /** Only what comes after this offset, oldest first. */
  readonly from?: number;
  /** Only what comes before this offset. */
  readonly before?: number;
  readonly kind?: Kind;
  /** At most 200. */
  readonly limit?: number;
}

export interface HistoryPage {
  readonly publications: readonly Publication[];
  readonly more: boolean;
  /** Where the next page begins: its `from`, or without one its `before`. */
  readonly through: Position;
  readonly last: Position;
  readonly trimmed: Position;
}

type Guard<T> = (value: unknown) => value is T;

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string | undefined;
}

export class HubHttp {
  readonly #environment: Environment;
  readonly #tokens: Tokens;
  readonly #dated: (ms: number) => void;

  /** `dated` is told the hub's date at each answer, in milliseconds since 1970. */
  constructor(environment: Environment, tokens: Tokens, dated: (ms: number) => void = () => undefined) {
    this.#environment = environment;
    this.#tokens = tokens;
    this.#dated = dated;
  }

  /** A seat, or a place in the waiting room. */
  seat(shown: Shown = {}): Promise<Seat | Place> {
    const body = Object.keys(shown).length === 0 ? undefined : JSON.stringify(shown);
    return this.#call({ method: 'POST', path: '/v1/seat', body }, isSeatAnswer);
  }

  me(): Promise<Me> {
    return this.#call({ method: 'GET', path: '/v1/me' }, isMe);
  }

  /** For whoever may follow the class; `not_allowed` for everybody else. */
  people(classId: string): Promise<ClassPeople> {
    const path = `/v1/classes/${encodeURIComponent(classId)}/people`;
    return this.#call({ method: 'GET', path }, isClassPeople);
  }

  /** A page that is empty only because the hub looked at others first is followed, a bounded number of times. */
  async history(channel: string, query: HistoryQuery = {}): Promise<HistoryPage> {
    let page = await this.#page(channel, query);
    for (let more = 0; more < EMPTY_PAGES_MAX && page.publications.length === 0 && page.more; more++) {
      const next = page.through.offset;
      page = await this.#page(channel, {
        ...query,
        ...(query.from === undefined ? { before: next } : { from: next }),
      });
    }
    return page;
  }

  #page(channel: string, query: HistoryQuery): Promise<HistoryPage> {
    const parameters = Object.entries(query)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
      .join('&');
    const path = `/v1/channels/${encodeURIComponent(channel)}/publications`;
    const address = parameters === '' ? path : `${path}?${parameters}`;
    return this.#call({ method: 'GET', path: address }, isHistoryPage);
  }

  async #call<T>(call: Call, isAnswer: Guard<T>): Promise<T> {
    const { clock } = this.#environment;
    return within(clock, ANSWER_DEADLINE_MS, this.#withToken(call, isAnswer));
  }

  async #withToken<T>(call: Call, isAnswer: Guard<T>): Promise<T> {
    try {
      return await this.#once(call, await this.#tokens.current(), isAnswer);
    } catch (error) {
      if (!(error instanceof HubProblem) || remedy(error.code, error.status) !== 'new_token') throw error;
      return this.#once(call, await this.#tokens.renew('refused'), isAnswer);
    }
  }

  async #once<T>({ method, path, body }: Call, token: string, isAnswer: Guard<T>): Promise<T> {
    const url = this.#environment.hub + path;
    const headers = {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const request = { method, url, headers, ...(body === undefined ? {} : { body }) };
    const answer = await this.#environment.request(request).catch(() => {
      throw new HubUnreachable('no answer');
    });
    if (answer.date !== undefined) this.#dated(answer.date);
    const value = parseJson(answer.text);
    if (answer.status < 200 || answer.status > 299) throw HubProblem.from(answer.status, value);
    if (!isAnswer(value)) throw new HubUnreachable('an answer of another shape');
    return value;
  }
}

function isSchool(value: unknown): value is School {
  return isFields(value) && isIdentifier(value['id']) && isText(value['name']);
}

function isClassRoom(value: unknown): value is ClassRoom {
  return (
    isFields(value) &&
    isChannel(value['channel']) &&
    isText(value['title']) &&
    (value['kind'] === 'homeroom' || value['kind'] === 'scheduled') &&
    (value['subject'] === undefined || isText(value['subject'])) &&
    isText(value['role'])
  );
}

function isMe(value: unknown): value is Me {
  return (
    isFields(value) &&
    isIdentifier(value['account']) &&
    isRole(value['role']) &&
    isText(value['given_name']) &&
    isText(value['family_name']) &&
    isText(value['zone']) &&
    isListOf(value['schools'], isSchool) &&
    isListOf(value['classes'], isClassRoom) &&
    isListOf(value['channels'], isChannel)
  );
}

function isClassPerson(value: unknown): value is ClassPerson {
  return (
    isFields(value) &&
    isIdentifier(value['account']) &&
    (value['role'] === 'teacher' || value['role'] === 'student') &&
    isText(value['given_name']) &&
    isText(value['family_name'])
  );
}

function isClassPeople(value: unknown): value is ClassPeople {
  return (
    isFields(value) &&
    isIdentifier(value['class']) &&
    isText(value['title']) &&
    isListOf(value['people'], isClassPerson)
  );
}

function isHistoryPage(value: unknown): value is HistoryPage {
  return (
    isFields(value) &&
    isListOf(value['publications'], isPublication) &&
    typeof value['more'] === 'boolean' &&
    isPosition(value['through']) &&
    isPosition(value['last']) &&
    isPosition(value['trimmed'])
  );
}
