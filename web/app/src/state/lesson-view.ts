/**
 * What a page shows of a lesson, and what can be done in one: the same for teachers and students, each with what is theirs.
 *
 * `LessonModel` in `lesson.ts` keeps it; this file is what components are written against.
 */

import type {
  Deed,
  Position,
  Publication,
  Reaction,
  RejectionCode,
  Rules,
  Scale,
  Shown,
  Standing,
} from '@preau/client';
import type { Readable } from './store.ts';

/**
 * Whether the hub would take a post, or a question, of this account now: yes; yes, and the teacher reads it first; in a
 * moment, in slow mode; not while muted; not in this mode; not without a lesson.
 */
export type Speech = 'free' | 'held' | 'slow' | 'muted' | 'mode' | 'no_lesson';

/** One's own hand: down, on its way up, or its place in the row, from 1. */
export type Hand = 'down' | 'asked' | number;

export interface QuestionView {
  /** For a keyed list. */
  readonly key: string;
  readonly at: Position;
  readonly standing: Standing;
  readonly upvotes: number;
  readonly isUpvoted: boolean;
  readonly isMine: boolean;
  /** Who asked, what and when; nothing while it is being fetched. */
  readonly author: string | undefined;
  readonly text: string | undefined;
  readonly askedAt: number | undefined;
  /** Taken away: nothing of its text is left. */
  readonly isDeleted: boolean;
}

export interface PollView {
  readonly poll: string;
  readonly scale: Scale;
  /** Empty when it was asked aloud. */
  readonly text: string;
  readonly shown: Shown;
  readonly isOpen: boolean;
  /** Votes for each choice, if this account may see them now. */
  readonly counts: readonly number[] | undefined;
  /** How many have voted, as far as it is known. */
  readonly voters: number | undefined;
  /** One's own choice, from 0. */
  readonly vote: number | undefined;
}

/** Something that is pinned, reported or to be judged, with its words once they are known. */
export interface Pointed {
  readonly key: string;
  readonly at: Position;
  readonly publication: Publication | undefined;
}

/** Words that a teacher is to decide about; nothing of them while they are not known. */
export interface Said {
  readonly key: string;
  readonly at: Position;
  readonly author: string | undefined;
  readonly text: string | undefined;
  readonly links?: readonly string[];
}

export interface ProposalView extends Said {
  readonly kind: 'post' | 'question' | undefined;
  /** It was judged here, and the hub has not answered. */
  readonly isJudged: boolean;
}

/** Who of the class's students is there: accounts in the order of their names. */
export interface PresenceView {
  readonly here: readonly string[];
  readonly missing: readonly string[];
}

/** What the last thing that could not be done was, and why. */
export interface Trouble {
  readonly deed: Deed['do'];
  readonly code: RejectionCode;
}

export interface LessonView {
  /** Before the hub has told, without a lesson, with one, or just after one that was seen to end. */
  readonly stage: 'unknown' | 'none' | 'on' | 'over';
  /** Whether this account teaches the class. */
  readonly isTeacher: boolean;
  /** The account that began the lesson. */
  readonly by: string | undefined;
  readonly title: string;
  /** School time in milliseconds since 1970. */
  readonly since: number | undefined;
  readonly rules: Rules;
  readonly mutedAll: boolean;
  readonly posting: Speech;
  readonly asking: Speech;
  /** For `slow`: when one may speak again, a moment of the environment's clock. */
  readonly speakAt: number | undefined;
  readonly hand: Hand;
  /** How many hands are up. */
  readonly hands: number;
  /** Who was called last; `isCalled` if it is oneself. */
  readonly called: string | undefined;
  readonly isCalled: boolean;
  /** How many students are there, and how many there are. */
  readonly here: number;
  readonly of: number;
  readonly pinned: Pointed | undefined;
  readonly poll: PollView | undefined;
  /** In the order in which they were asked. */
  readonly questions: readonly QuestionView[];
  /** For teachers, as is what follows; empty for students. Whose hands are up, the first raised first. */
  readonly raised: readonly string[];
  readonly muted: readonly string[];
  /** Who may speak although everybody is muted. */
  readonly exempt: readonly string[];
  readonly proposals: readonly ProposalView[];
  readonly reports: readonly Pointed[];
  readonly presence: PresenceView | undefined;
  /** What was asked of the hub and is not answered. */
  readonly asked: ReadonlySet<Deed['do']>;
  /** Stands until it is read, or something else is done. */
  readonly trouble: Trouble | undefined;
}

/** The reactions of about one second. */
export interface Burst {
  /** Counts bursts: it is another one if this is another number. */
  readonly number: number;
  readonly counts: readonly (readonly [Reaction, number])[];
}

/** A lesson as components hold it. Nothing that is done throws: what could not be done stands in `view.trouble`. */
export interface LessonControls {
  readonly view: Readable<LessonView>;
  readonly bursts: Readable<Burst>;

  // Students, and teachers where it makes sense.
  raise(): void;
  /** Lowers one's own hand; a teacher one, or all. */
  lower(account?: string): void;
  vote(choice: number): void;
  upvote(at: Position, up: boolean): void;
  react(reaction: Reaction): void;
  /** Takes back one's own words; a teacher anybody's. */
  delete(at: Position): void;
  report(at: Position): void;

  // Teachers.
  start(title: string): void;
  end(): void;
  rule(part: Partial<Rules>): void;
  /** Nobody named is everybody. */
  mute(account?: string): void;
  unmute(account?: string): void;
  call(account: string): void;
  pin(at: Position): void;
  unpin(): void;
  settle(at: Position, standing: Standing): void;
  judge(at: Position, approved: boolean): void;
  openPoll(scale: Scale, text: string, shown: Shown): void;
  closePoll(): void;
  /** A report was looked at. */
  reportSeen(at: Position): void;

  troubleSeen(): void;
  /** It was read that the lesson is over. */
  overSeen(): void;
}
