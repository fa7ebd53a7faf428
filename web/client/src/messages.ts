/**
 * The words of `preau.v1`: what a client and the hub say to each other, as types.
 *
 * Each type mirrors one message of `docs/PROTOCOL.md`; the golden frames in `tests/fixtures/protocol/` hold both sides to it.
 * This module must not know how a message is carried or when it is sent.
 */

import type {
  Deed,
  DeletionBody,
  LessonBody,
  LessonMessage,
  ProposalBody,
  QuestionBody,
} from './lesson-messages.ts';
import type { Marked } from './own-mark.ts';

/** The subprotocol that both sides agree on in the WebSocket handshake (RFC 6455 §1.9). */
export const SUBPROTOCOL = 'preau.v1';

/** The roles of the roster. */
export const ROLES = ['teacher', 'student', 'guardian', 'staff', 'operator'] as const;
/** One of `ROLES`. */
export type Role = (typeof ROLES)[number];

/** The kinds that people send. */
export const SENT_KINDS = ['post', 'question', 'announcement', 'assignment'] as const;
/** One of `SENT_KINDS`. */
export type SentKind = (typeof SENT_KINDS)[number];

/** The kinds of a publication; each has a body of its own. Beyond those that people send, they are the hub's to say. */
export const KINDS = [
  ...SENT_KINDS,
  'withdrawal',
  'extension',
  'reminder',
  'digest',
  'lesson',
  'proposal',
  'deletion',
] as const;
/** One of `KINDS`. */
export type Kind = (typeof KINDS)[number];

/** Where a reader stands in a channel: offsets increase within one epoch and may leave holes. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** A message in a class. */
export interface PostBody {
  readonly text: string;
  /** `https://` addresses, on hosts that the operator allows. */
  readonly links?: readonly string[];
}

/** A title and a text in one language. */
export interface Wording {
  readonly title: string;
  readonly text: string;
}

/** Who says that something was read: one guardian for each student, or each account for itself. */
export const RECEIPTS = ['student', 'account'] as const;
/** One of `RECEIPTS`. */
export type ReceiptBy = (typeof RECEIPTS)[number];

/** What the publications of one item have in common, and what tells its versions apart: the hub's to say. */
export interface ItemFields {
  readonly item?: string;
  /** From 1, which is also what its absence means. */
  readonly version?: number;
}

/** What is announced. */
export interface AnnouncementBody extends Wording, ItemFields {
  /** The language of title and text, if it is not French. */
  readonly language?: string;
  /** The same in other languages, as the sender wrote it. */
  readonly translations?: Readonly<Record<string, Wording>>;
  /** School time in milliseconds since 1970, from when on it says nothing any more. */
  readonly expires_at?: number;
  /** There if readers are asked to say that they have read it. */
  readonly receipt?: ReceiptBy;
  /** Whether the sender sees who did. */
  readonly names?: boolean;
}

/** What is to be done, and until when. */
export interface AssignmentBody extends ItemFields {
  readonly title: string;
  readonly text: string;
  /** A civil date or time in the school's zone: `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`. */
  readonly due: string;
  readonly subject?: string;
  readonly links?: readonly string[];
  /** Whether it is due earlier than the version before said. */
  readonly earlier?: boolean;
}

/** The item is no more. */
export interface WithdrawalBody {
  readonly item: string;
}

/** The student whose channel it stands in has another due date, or none of their own any more. */
export interface ExtensionBody {
  readonly item: string;
  readonly due: string | null;
}

/** How long before the due date somebody is reminded. */
export const REMINDED = ['two_days', 'eve'] as const;
/** One of `REMINDED`. */
export type Reminded = (typeof REMINDED)[number];

/** One assignment of a reminder. */
export interface ReminderEntry {
  readonly item: string;
  readonly channel: string;
  readonly title: string;
  readonly subject: string;
  readonly due: string;
  readonly when: Reminded;
}

/** What a student is reminded of. */
export interface ReminderBody {
  readonly entries: readonly ReminderEntry[];
}

/** An announcement or assignment as a digest has it. */
export interface DigestEntry {
  readonly item?: string;
  readonly channel: string;
  readonly kind: 'announcement' | 'assignment';
  readonly author: string;
  readonly published_at: number;
  readonly title: string;
  readonly text: string;
  /** For this child. */
  readonly due?: string;
  readonly subject?: string;
  readonly links?: readonly string[];
  readonly receipt?: ReceiptBy;
}

/** What a digest says about one child. */
export interface ChildSection {
  /** The child's account. */
  readonly child: string;
  readonly entries: readonly DigestEntry[];
}

/** What a guardian gets to read of a day or a week. */
export interface DigestBody {
  /** The evening that it is for: `YYYY-MM-DD`. */
  readonly date: string;
  readonly language: string;
  readonly children: readonly ChildSection[];
  /** What is for whole schools or the region. */
  readonly school: readonly DigestEntry[];
  /** How many entries wait for the next digest. */
  readonly left_out?: number;
}

/** What people send: a kind with the body that belongs to it. */
export type Content =
  | { readonly kind: 'post'; readonly body: PostBody }
  | { readonly kind: 'question'; readonly body: QuestionBody }
  | { readonly kind: 'announcement'; readonly body: AnnouncementBody }
  | { readonly kind: 'assignment'; readonly body: AssignmentBody };

/** What the hub says by itself. */
export type HubContent =
  | { readonly kind: 'withdrawal'; readonly body: WithdrawalBody }
  | { readonly kind: 'extension'; readonly body: ExtensionBody }
  | { readonly kind: 'reminder'; readonly body: ReminderBody }
  | { readonly kind: 'digest'; readonly body: DigestBody }
  | { readonly kind: 'lesson'; readonly body: LessonBody }
  | { readonly kind: 'proposal'; readonly body: ProposalBody }
  | { readonly kind: 'deletion'; readonly body: DeletionBody };

/** Where and when something was published, by whom and for whom. */
export interface Logged {
  readonly channel: string;
  readonly position: Position;
  readonly author: string;
  readonly message_id: string;
  readonly audience: readonly Role[];
  /** School time in milliseconds since 1970. */
  readonly published_at: number;
  /** There if it is urgent. */
  readonly urgent?: boolean;
}

/** One entry of a channel's log that somebody wrote. */
export type SentPublication = Content & Logged;

/** One entry of a channel's log. */
export type Publication = SentPublication | (HubContent & Logged);

/** Where a subscription without a kept position begins. */
export type StartFrom = 'now' | { readonly last: number };

/** What a client says. */
export type ClientMessage =
  | {
      readonly type: 'subscribe';
      readonly id: number;
      readonly channel: string;
      readonly from: StartFrom | { readonly position: Position };
    }
  | { readonly type: 'unsubscribe'; readonly id: number; readonly channel: string }
  | ({
      readonly type: 'publish';
      readonly id: number;
      readonly channel: string;
      readonly message_id: string;
      readonly audience?: readonly Role[];
      /** When it is to be published, in school time, if not now. */
      readonly publish_at?: number;
      /** Why it is urgent, if it is: announcements of staff and operators only. */
      readonly urgent?: { readonly reason: string };
    } & Content)
  | ({
      readonly type: 'lesson';
      readonly id: number;
      readonly channel: string;
      /** The sender's own name for a deed that stands in the log. */
      readonly message_id?: string;
    } & Deed)
  | { readonly type: 'acknowledge'; readonly channel: string; readonly position: Position }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'refresh'; readonly id: number; readonly token: string }
  | { readonly type: 'visibility'; readonly hidden: boolean };

/** How loaded the hub is: 0 is calm; from 2 on, what can wait does; at 4 hardly anybody is let in. */
export const LOAD_LEVELS = [0, 1, 2, 3, 4] as const;
/** One of `LOAD_LEVELS`. */
export type LoadLevel = (typeof LOAD_LEVELS)[number];

/** The bounds that the hub holds this connection to. */
export interface Limits {
  readonly message_bytes: number;
  readonly subscriptions: number;
  readonly last: number;
  readonly messages_per_second: number;
  readonly publishes_per_second: number;
  readonly heartbeat_ms: number;
  readonly idle_ms: number;
}

/** The first message of a connection. */
export interface Welcome {
  readonly type: 'welcome';
  readonly protocol: string;
  readonly session: number;
  readonly account: string;
  readonly role: Role;
  /** The hub's machine time in milliseconds since 1970. */
  readonly server_time: number;
  /** School time in milliseconds since 1970. */
  readonly school_time: number;
  readonly token_expires_at: number;
  /** When the connection ends unless its lease is renewed by a refresh; a hub of before has no leases. */
  readonly lease_expires_at?: number;
  /** To be shown when asking for a seat after the line was lost. */
  readonly resume?: string;
  readonly load?: LoadLevel;
  readonly limits: Limits;
}

/** Why a kept position can't be continued: what is held of the channel is to be discarded. */
export const RESET_CAUSES = ['epoch', 'trimmed', 'ahead'] as const;
/** One of `RESET_CAUSES`. */
export type ResetWhy = (typeof RESET_CAUSES)[number];

interface Answer {
  readonly id: number;
  readonly channel: string;
  readonly position: Position;
}

/** The position is continued. */
export type Resumed = Answer & { readonly type: 'resumed' };
/** A beginning that continues nothing. */
export type Fresh = Answer & { readonly type: 'fresh' };
/** The position can’t be continued. */
export type Reset = Answer & { readonly type: 'reset'; readonly why: ResetWhy };
/** It is on stable storage. */
export type Published = Answer & {
  readonly type: 'published';
  readonly message_id: string;
  readonly duplicate: boolean;
};

/** A publication that is kept for later: it gets its position when it is released. */
export interface Scheduled {
  readonly type: 'scheduled';
  readonly id: number;
  readonly channel: string;
  readonly message_id: string;
  /** School time in milliseconds since 1970. */
  readonly deliver_at: number;
  readonly duplicate: boolean;
}

/** It waits for the teacher: the class's words are read before it is published. */
export type Held = Answer & {
  readonly type: 'held';
  readonly message_id: string;
  readonly duplicate: boolean;
};

/** What was done in a lesson and stands in no log. */
export interface Done {
  readonly type: 'done';
  readonly id: number;
}

/** The hub is loaded otherwise than before. */
export interface Load {
  readonly type: 'load';
  readonly level: LoadLevel;
}

/** A channel is followed no longer. */
export interface Unsubscribed {
  readonly type: 'unsubscribed';
  readonly id?: number;
  readonly channel: string;
}

/** The hub feeds this reader from the log. */
export interface Behind {
  readonly type: 'behind';
  readonly channel: string;
}

/** The log was read to its end. */
export interface CaughtUp {
  readonly type: 'caught_up';
  readonly channel: string;
  readonly position: Position;
}

/** A sign of life, with the hub’s two clocks. */
export interface Pong {
  readonly type: 'pong';
  readonly id: number;
  readonly server_time: number;
  readonly school_time: number;
}

/** The connection has another token. */
export interface Refreshed {
  readonly type: 'refreshed';
  readonly id: number;
  readonly token_expires_at: number;
  readonly lease_expires_at?: number;
  readonly resume?: string;
}

/** The hub says no, and why. */
export interface Refusal {
  readonly type: 'error';
  readonly id?: number;
  /** One of `ERROR_CODES`, or a word of a later version. */
  readonly code: string;
  readonly message: string;
  readonly retry_after_ms?: number;
}

/** What the hub says. */
export type ServerMessage =
  | Welcome
  | Resumed
  | Reset
  | Fresh
  | Unsubscribed
  | Published
  | Scheduled
  | Held
  | Done
  | LessonMessage
  | (Publication & { readonly type: 'publication' })
  | Behind
  | CaughtUp
  | Marked
  | Load
  | Pong
  | Refreshed
  | Refusal;
