/**
 * The words of lessons: what is done in one, what stands of it in its class's log, and what the hub tells about it besides.
 *
 * Each type mirrors one of `src/base/body/lesson.rs`, `src/protocol/deed.rs` and `src/protocol/lesson.rs`. Fields that the hub
 * always writes and that may be empty are `null`; fields that are not for everybody may be absent.
 */

/** Where something stands in a log. */
interface At {
  readonly epoch: string;
  readonly offset: number;
}

/** Who may speak besides the teachers. */
export const MODES = ['open', 'questions', 'teacher'] as const;
/** One of `MODES`. */
export type Mode = (typeof MODES)[number];

/** The rules of a lesson. */
export interface Rules {
  readonly mode: Mode;
  /** Seconds between two posts or questions of one student; 0 for none. */
  readonly slow_s: number;
  /** Whether the teacher reads what students say before the class does. */
  readonly moderated: boolean;
  /** Whether students may react. */
  readonly reactions: boolean;
}

/** Where a question stands. */
export const STANDINGS = ['open', 'answered', 'dismissed'] as const;
/** One of `STANDINGS`. */
export type Standing = (typeof STANDINGS)[number];

/** What a poll lets one choose among; choices are numbered from 0. */
export const SCALES = ['yes_no', 'letters', 'numbers'] as const;
/** One of `SCALES`. */
export type Scale = (typeof SCALES)[number];

/** How many choices a scale has. */
export const CHOICES: Readonly<Record<Scale, number>> = { yes_no: 2, letters: 4, numbers: 5 };

/** When the class sees how a poll stands. The teacher always does. */
export const SHOWN = ['live', 'closed', 'never'] as const;
/** One of `SHOWN`. */
export type Shown = (typeof SHOWN)[number];

/** What a teacher asks the class. */
export interface Poll {
  /** The teacher's name for it: a message id, unlike any other of the lesson. */
  readonly poll: string;
  readonly scale: Scale;
  /** What is asked; empty when it was asked aloud. */
  readonly text: string;
  readonly shown: Shown;
}

/** The ways to react. */
export const REACTIONS = ['thumbs_up', 'clap', 'heart', 'smile', 'surprised', 'lost'] as const;
/** One of `REACTIONS`. */
export type Reaction = (typeof REACTIONS)[number];

/** A question of a lesson. */
export interface QuestionBody {
  readonly text: string;
}

/** What happened to a lesson. */
export type LessonBody =
  | { readonly event: 'started'; readonly title: string }
  | { readonly event: 'ended' | 'unpinned' }
  | ({ readonly event: 'rules' } & Rules)
  /** Nobody named is everybody. */
  | { readonly event: 'muted' | 'unmuted'; readonly account?: string }
  | { readonly event: 'pinned' | 'rejected' | 'reported'; readonly at: At }
  | { readonly event: 'question'; readonly at: At; readonly standing: Standing }
  | ({ readonly event: 'poll_opened' } & Poll)
  /** Without counts if the class may not see them. */
  | { readonly event: 'poll_closed'; readonly poll: string; readonly counts?: readonly number[] };

/** What a student would say, for the teachers to judge. */
export interface ProposalBody {
  readonly kind: 'post' | 'question';
  readonly text: string;
  readonly links?: readonly string[];
  /** The student's own name for it, which it has when it is let through. */
  readonly message_id: string;
}

/** Something said in a class is no more. */
export interface DeletionBody {
  readonly at: At;
}

/** What somebody does that stands in the log. */
export type DurableDeed =
  | { readonly do: 'start'; readonly title: string }
  | { readonly do: 'end' | 'unpin' }
  | ({ readonly do: 'rule' } & Rules)
  /** Nobody named is everybody. */
  | { readonly do: 'mute' | 'unmute'; readonly account?: string }
  | { readonly do: 'pin' | 'delete' | 'report'; readonly at: At }
  | { readonly do: 'settle'; readonly at: At; readonly standing: Standing }
  | { readonly do: 'judge'; readonly at: At; readonly approved: boolean }
  | ({ readonly do: 'open_poll' } & Poll)
  | { readonly do: 'close_poll'; readonly poll: string };

/** What somebody does that is in the hub's memory alone. */
export type PassingDeed =
  /** Under one's own name for this raising: asked again, it does not raise a hand that was lowered since. */
  | { readonly do: 'raise'; readonly hand?: string }
  /** Nobody named is oneself for a student, everybody for a teacher. */
  | { readonly do: 'lower'; readonly account?: string }
  | { readonly do: 'call'; readonly account: string }
  | { readonly do: 'vote'; readonly poll: string; readonly choice: number }
  | { readonly do: 'upvote'; readonly at: At; readonly up: boolean }
  | { readonly do: 'react'; readonly reaction: Reaction }
  | { readonly do: 'presence' };

/** What somebody does in a lesson. */
export type Deed = DurableDeed | PassingDeed;

/** A poll and how it stands. */
export interface PollState extends Poll {
  readonly open: boolean;
  /** Votes for each choice, for whoever may see them now. */
  readonly counts?: readonly number[];
}

/** How a question stands. */
export interface QuestionState {
  readonly at: At;
  readonly standing: Standing;
  readonly upvotes: number;
}

/** A lesson that goes on, as its log has made it. */
export interface Lesson extends Rules {
  /** School time in milliseconds since 1970. */
  readonly since: number;
  /** The teacher who began it. */
  readonly by: string;
  readonly title: string;
  readonly muted_all: boolean;
  readonly pinned: At | null;
  /** The poll that is open, or the last one that was. */
  readonly poll: PollState | null;
  /** In the order of the log. */
  readonly questions: readonly QuestionState[];
  /** Who is muted. To teachers alone. */
  readonly muted?: readonly string[];
  /** The proposals that wait. To teachers alone. */
  readonly proposals?: readonly At[];
  /** What was reported and still stands there, and by how many. To teachers alone. */
  readonly reports?: readonly (readonly [At, number])[];
}

/** How the lesson of a class stands: after each answer to a subscribe, and whenever it has changed. */
export interface LessonState {
  readonly type: 'lesson';
  readonly channel: string;
  readonly lesson: Lesson | null;
}

/** How a poll that is open stands. */
export interface Votes {
  readonly poll: string;
  readonly voters: number;
  readonly counts?: readonly number[];
}

/** What moves in a lesson: at most one a second. */
export interface Pulse {
  readonly type: 'pulse';
  readonly channel: string;
  /** Students of the class who are there. */
  readonly here: number;
  /** Students of the class. */
  readonly of: number;
  readonly hands: number;
  /** Whose, the first raised first. To teachers alone. */
  readonly raised?: readonly string[];
  /** Who was called last. */
  readonly called: string | null;
  readonly votes: Votes | null;
  /** Since the pulse before, those that there were. */
  readonly reactions: readonly (readonly [Reaction, number])[];
  /** The questions that are open and have upvotes. */
  readonly upvotes: readonly (readonly [At, number])[];
}

/** Who of the students is there: all of them, or what changed since another version. To teachers alone. */
export interface Presence {
  readonly type: 'presence';
  readonly channel: string;
  readonly version: number;
  /** The version that this changes; without it `here` is everybody. */
  readonly since?: number;
  readonly here: readonly string[];
  readonly gone: readonly string[];
}

/** How oneself stands in a lesson. */
export interface Mine {
  readonly type: 'mine';
  readonly channel: string;
  /** Whether one may say nothing, alone or with everybody. */
  readonly muted: boolean;
  /** The place of one's raised hand, from 1. */
  readonly hand: number | null;
  /** One's vote in the open poll. */
  readonly vote: number | null;
  readonly upvoted: readonly At[];
  /** School time from which on one may speak again, in slow mode. */
  readonly speak_at: number | null;
  /** Machine time since when the hub has forgotten nothing of what students do in this lesson. */
  readonly known_since: number;
  /** One's own words that wait for the teacher; long ones are cut. */
  readonly held: readonly HeldWords[];
}

/** What the hub tells about a lesson besides its log. */
export type LessonMessage = LessonState | Mine | Pulse | Presence;

/** What one would say in a class whose teacher reads first, while it waits. */
export interface HeldWords {
  /** Where the proposal stands. */
  readonly at: At;
  readonly kind: 'post' | 'question';
  readonly text: string;
  readonly message_id: string;
}
