/**
 * The client of a préau hub. Begin with `Connection` and `fromGlobals`; the modules in reading order:
 *
 * - `messages`, `lesson-messages`, `own-mark`, `shape`, `lesson-shape`, `body`, `said`, `parse`, `problem`, `close`: the wire, its guards and its tables
 * - `environment`, `globals`, `storage`, `kept-positions`: what is taken from the world, and what outlives a reload
 * - `token`, `seat`, `call`, `http`, `items-http`, `marks-http`: asking over HTTP
 * - `items`: publications as the items that they belong to
 * - `passes`, `hub-clock`, `suspension`, `door`, `bulletin`: waiting at the door
 * - `subscription`, `outgoing`, `acknowledgement`, `heartbeat`, `renewal`, `pace`: one concern of a connection each
 * - `deeds`, `wish`, `class-lesson`: what is done in lessons, and what is known of them
 * - `event-stream`, `stream`, `reading`: channels over HTTP, where no WebSocket passes
 * - `exchange`: those together, over one connection after the other
 * - `backoff`, `listeners`, `known`, `state`, `connection`: when to connect, and with what
 */

export { Backoff, BACKOFF_DEFAULTS, type BackoffOptions } from './backoff.ts';
export { BODY_LIMITS, bodyProblem, isCivil, type BodyProblem } from './body.ts';
export { BulletinReader, type Bulletin, type BulletinItem, type Notice } from './bulletin.ts';
export { adviceFor, type Advice } from './close.ts';
export type { HeldWords } from './lesson-messages.ts';
export { ClassLesson, type LessonSeen, type OwnPart } from './class-lesson.ts';
export { Connection, type ConnectionOptions } from './connection.ts';
export { DEEDS_MAX, INTERRUPTED } from './deeds.ts';
export {
  positionsInMemory,
  type Cancel,
  type Chance,
  type Clock,
  type Environment,
  type HttpAnswer,
  type HttpRequest,
  type Memory,
  type PositionStore,
  type Socket,
  type SocketListener,
  type StreamListener,
} from './environment.ts';
export { EventStream, type StreamEvent } from './event-stream.ts';
export type { HubTime } from './exchange.ts';
export { fromGlobals, type GlobalOptions, type SocketConstructor } from './globals.ts';
export type {
  Child,
  ClassPeople,
  ClassPerson,
  ClassRoom,
  HistoryPage,
  HistoryQuery,
  HubHttp,
  Me,
  School,
} from './http.ts';
export { fold, isExpired, itemOf, type Folded } from './items.ts';
export type {
  ClassDone,
  Item,
  ItemContent,
  ItemCopy,
  ItemKind,
  ItemsHttp,
  ItemsPage,
  Lateness,
  Places,
  Question,
  Reach,
  ReadBy,
  Receipts,
  StudentDone,
  Terms,
} from './items-http.ts';
export {
  FREQUENCIES,
  type DoneMark,
  type Family,
  type Frequency,
  type Marks,
  type MarksHttp,
  type OwnExtension,
  type Preferences,
} from './marks-http.ts';
export { KeptPositions, POSITIONS_KEPT_MAX, POSITIONS_KEPT_MS, type KeepOptions } from './kept-positions.ts';
export * from './lesson-messages.ts';
export * from './messages.ts';
export type { Marked, OwnMark } from './own-mark.ts';
export {
  OUTGOING_MAX,
  PublishRejected,
  type PublishOptions,
  type Receipt,
  type RejectionCode,
} from './outgoing.ts';
export { parseServerMessage, type Parsed } from './parse.ts';
export {
  ERROR_CODES,
  HubProblem,
  HubUnreachable,
  KICKED,
  type ErrorCode,
  type SuspensionTimes,
} from './problem.ts';
export { isSent } from './said.ts';
export type { Cause, ConnectionState } from './state.ts';
export { memoryIn, type StorageLike } from './storage.ts';
export type { SubscriptionEvent, SubscriptionListener } from './subscription.ts';
export { LoggedOut, type TokenSource, type TokenWhy } from './token.ts';
