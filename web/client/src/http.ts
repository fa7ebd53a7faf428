/**
 * The hub's HTTP surface as a client needs it: a seat for the socket, who I am, who the others of a class are, and the
 * past of a channel. Items and marks have files of their own.
 */

import { address, Caller } from './call.ts';
import type { Environment } from './environment.ts';
import { ItemsHttp } from './items-http.ts';
import { MarksHttp } from './marks-http.ts';
import type { Kind, Position, Publication, Role } from './messages.ts';
import { isPublication, readServerMessage } from './parse.ts';
import { isSeatAnswer, type Place, type Seat, type Shown } from './seat.ts';
import { isChannel, isFields, isIdentifier, isListOf, isPosition, isRole, isText } from './shape.ts';
import type { Tokens } from './token.ts';

const EMPTY_PAGES_MAX = 16;

/** A school of the account. */
export interface School {
  readonly id: string;
  readonly name: string;
}

/** A class of the account. */
export interface ClassRoom {
  readonly channel: string;
  readonly title: string;
  readonly kind: 'homeroom' | 'scheduled';
  readonly subject?: string;
  /** What the account is there: `teacher`, `student`, or another word of OneRoster. */
  readonly role: string;
}

/** Somebody whose guardian the account is. */
export interface Child {
  readonly account: string;
  readonly given_name: string;
  readonly family_name: string;
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
  /** Of a guardian. */
  readonly children?: readonly Child[];
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

/** Which part of a channel’s past. */
export interface HistoryQuery {
  /** Only what comes after this offset, oldest first. */
  readonly from?: number;
  /** Only what comes before this offset. */
  readonly before?: number;
  readonly kind?: Kind;
  /** At most 200. */
  readonly limit?: number;
}

/** A page of a channel’s past. */
export interface HistoryPage {
  readonly publications: readonly Publication[];
  readonly more: boolean;
  /** Where the next page begins: its `from`, or without one its `before`. */
  readonly through: Position;
  readonly last: Position;
  readonly trimmed: Position;
}

/** The hub over HTTP. `Connection.http` is one. A refusal is a `HubProblem`, no answer `HubUnreachable`. */
export class HubHttp {
  /** What is sent as a whole. */
  readonly items: ItemsHttp;
  /** What the account says about items, and what it chose. */
  readonly marks: MarksHttp;
  readonly #caller: Caller;

  /** @internal `dated` is told the hub's date at each answer, in milliseconds since 1970. */
  constructor(environment: Environment, tokens: Tokens, dated: (ms: number) => void = () => undefined) {
    this.#caller = new Caller(environment, tokens, dated);
    this.items = new ItemsHttp(this.#caller);
    this.marks = new MarksHttp(this.#caller);
  }

  /** @internal A seat, or a place in the waiting room: a connection asks. */
  seat(shown: Shown = {}): Promise<Seat | Place> {
    const body = Object.keys(shown).length === 0 ? {} : { body: shown };
    return this.#caller.call({ method: 'POST', path: '/v1/seat', ...body }, isSeatAnswer);
  }

  /** Who the account is, and what it may follow. */
  me(): Promise<Me> {
    return this.#caller.call({ method: 'GET', path: '/v1/me' }, isMe);
  }

  /** What the people of a class are called: for whoever may follow the class; `not_allowed` for everybody else. */
  people(classId: string): Promise<ClassPeople> {
    const path = `/v1/classes/${encodeURIComponent(classId)}/people`;
    return this.#caller.call({ method: 'GET', path }, isClassPeople);
  }

  /**
   * A page of a channel's past. One that is empty only because the hub looked at others first is followed, a bounded
   * number of times.
   */
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

  /** What only a later version can read is left out. */
  async #page(channel: string, query: HistoryQuery): Promise<HistoryPage> {
    const path = address(`/v1/channels/${encodeURIComponent(channel)}/publications`, query);
    const page = await this.#caller.call({ method: 'GET', path }, isHistoryPage);
    return { ...page, publications: page.publications.filter(isPublication) };
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

function isChild(value: unknown): value is Child {
  return (
    isFields(value) &&
    isIdentifier(value['account']) &&
    isText(value['given_name']) &&
    isText(value['family_name'])
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
    (value['children'] === undefined || isListOf(value['children'], isChild)) &&
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
  const isEntry = (entry: unknown): entry is Publication =>
    isFields(entry) && readServerMessage({ ...entry, type: 'publication' }).outcome !== 'malformed';
  return (
    isFields(value) &&
    isListOf(value['publications'], isEntry) &&
    typeof value['more'] === 'boolean' &&
    isPosition(value['through']) &&
    isPosition(value['last']) &&
    isPosition(value['trimmed'])
  );
}
