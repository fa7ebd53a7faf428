/**
 * The words of `preau.v1`: what a client and the hub say to each other, as types.
 *
 * Each type mirrors one message of `docs/PROTOCOL.md`; the golden frames in `tests/fixtures/protocol/` hold both sides to it.
 * This module must not know how a message is carried or when it is sent.
 */

/** The subprotocol that both sides agree on in the WebSocket handshake (RFC 6455 §1.9). */
export const SUBPROTOCOL = 'preau.v1';

/** The roles of the roster. */
export const ROLES = ['teacher', 'student', 'guardian', 'staff', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** The kinds of a publication; each has a body of its own. */
export const KINDS = ['post', 'announcement', 'assignment'] as const;
export type Kind = (typeof KINDS)[number];

/** Where a reader stands in a channel: offsets increase within one epoch and may leave holes. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

export interface PostBody {
  readonly text: string;
}

export interface AnnouncementBody {
  readonly title: string;
  readonly text: string;
}

export interface AssignmentBody {
  readonly title: string;
  readonly text: string;
  /** A civil date or time in the school's zone: `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`. */
  readonly due: string;
  readonly subject?: string;
  readonly links?: readonly string[];
}

/** A kind with the body that belongs to it. */
export type Content =
  | { readonly kind: 'post'; readonly body: PostBody }
  | { readonly kind: 'announcement'; readonly body: AnnouncementBody }
  | { readonly kind: 'assignment'; readonly body: AssignmentBody };

/** One entry of a channel's log. `published_at` is school time in milliseconds since 1970. */
export type Publication = Content & {
  readonly channel: string;
  readonly position: Position;
  readonly author: string;
  readonly message_id: string;
  readonly audience: readonly Role[];
  readonly published_at: number;
  /** There if it is urgent. */
  readonly urgent?: boolean;
};

/** Where a subscription without a kept position begins. */
export type StartFrom = 'now' | { readonly last: number };

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
  | { readonly type: 'acknowledge'; readonly channel: string; readonly position: Position }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'refresh'; readonly id: number; readonly token: string }
  | { readonly type: 'visibility'; readonly hidden: boolean };

/** How loaded the hub is: 0 is calm; from 2 on, what can wait does; at 4 hardly anybody is let in. */
export const LOAD_LEVELS = [0, 1, 2, 3, 4] as const;
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
export type ResetWhy = (typeof RESET_CAUSES)[number];

interface Answer {
  readonly id: number;
  readonly channel: string;
  readonly position: Position;
}

export type Resumed = Answer & { readonly type: 'resumed' };
export type Fresh = Answer & { readonly type: 'fresh' };
export type Reset = Answer & { readonly type: 'reset'; readonly why: ResetWhy };
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

/** The hub is loaded otherwise than before. */
export interface Load {
  readonly type: 'load';
  readonly level: LoadLevel;
}

export interface Unsubscribed {
  readonly type: 'unsubscribed';
  readonly id?: number;
  readonly channel: string;
}

export interface Behind {
  readonly type: 'behind';
  readonly channel: string;
}

export interface CaughtUp {
  readonly type: 'caught_up';
  readonly channel: string;
  readonly position: Position;
}

export interface Pong {
  readonly type: 'pong';
  readonly id: number;
  readonly server_time: number;
  readonly school_time: number;
}

export interface Refreshed {
  readonly type: 'refreshed';
  readonly id: number;
  readonly token_expires_at: number;
  readonly lease_expires_at?: number;
  readonly resume?: string;
}

export interface Refusal {
  readonly type: 'error';
  readonly id?: number;
  /** One of `ERROR_CODES`, or a word of a later version. */
  readonly code: string;
  readonly message: string;
  readonly retry_after_ms?: number;
}

export type ServerMessage =
  | Welcome
  | Resumed
  | Reset
  | Fresh
  | Unsubscribed
  | Published
  | Scheduled
  | (Publication & { readonly type: 'publication' })
  | Behind
  | CaughtUp
  | Load
  | Pong
  | Refreshed
  | Refusal;
