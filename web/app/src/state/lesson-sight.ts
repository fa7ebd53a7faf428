/**
 * What a page shows of a lesson, computed from what is known of it. Pure: the same knowledge gives the same view.
 */

import type { Deed, Lesson, LessonSeen, Position, PollState, Publication, Pulse } from '@preau/client';
import type { LessonWords } from './lesson-words.ts';
import type {
  Hand,
  LessonView,
  Pointed,
  PollView,
  PresenceView,
  ProposalView,
  QuestionView,
  Speech,
  Trouble,
} from './lesson-view.ts';
import type { Names } from './people.ts';
import type { SchoolTime } from './school-clock.ts';

/** What there is to see without a lesson. */
export const NO_LESSON: LessonView = {
  stage: 'unknown',
  isTeacher: false,
  by: undefined,
  title: '',
  since: undefined,
  rules: { mode: 'open', slow_s: 0, moderated: false, reactions: true },
  mutedAll: false,
  posting: 'free',
  asking: 'no_lesson',
  speakAt: undefined,
  hand: 'down',
  hands: 0,
  called: undefined,
  isCalled: false,
  here: 0,
  of: 0,
  pinned: undefined,
  poll: undefined,
  questions: [],
  raised: [],
  muted: [],
  exempt: [],
  proposals: [],
  reports: [],
  presence: undefined,
  asked: new Set(),
  trouble: undefined,
};

export interface Known {
  readonly before: LessonView;
  readonly seen: LessonSeen;
  readonly account: string;
  readonly isTeacher: boolean;
  /** A moment of the environment's clock. */
  readonly now: number;
  readonly time: SchoolTime;
  readonly words: Pick<LessonWords, 'of' | 'isDeleted'>;
  readonly names: Names;
  /** Accounts of the class's students, once they are known. */
  readonly students: readonly string[];
  /** Who was let speak alone. */
  readonly exempt: ReadonlySet<string>;
  readonly judged: ReadonlySet<number>;
  readonly reported: readonly Position[];
  readonly asked: ReadonlySet<Deed['do']>;
  readonly trouble: Trouble | undefined;
}

export function viewOf(known: Known): LessonView {
  const { before, seen, isTeacher, asked, trouble } = known;
  const { lesson } = seen;
  if (!lesson) {
    const { title, by, since } = before;
    const isOver = lesson === null && (before.stage === 'on' || before.stage === 'over');
    const last = isOver ? { stage: 'over' as const, title, by, since } : {};
    const stage = lesson === null ? 'none' : 'unknown';
    return { ...NO_LESSON, stage, isTeacher, asked, trouble, ...last };
  }
  const { mode, slow_s, moderated, reactions } = lesson;
  const called = seen.pulse?.called ?? undefined;
  return {
    stage: 'on',
    isTeacher,
    by: lesson.by,
    title: lesson.title,
    since: lesson.since,
    rules: { mode, slow_s, moderated, reactions },
    mutedAll: lesson.muted_all,
    ...speechOf(lesson, known),
    hand: handOf(seen),
    hands: seen.pulse?.hands ?? 0,
    called,
    isCalled: called === known.account,
    here: seen.pulse?.here ?? 0,
    of: seen.pulse?.of ?? 0,
    pinned:
      lesson.pinned && !known.words.isDeleted(lesson.pinned) ? pointed(lesson.pinned, known) : undefined,
    poll: lesson.poll ? pollOf(lesson.poll, seen) : undefined,
    questions: lesson.questions.map((question) => questionOf(question, known)),
    raised: seen.pulse?.raised ?? [],
    muted: lesson.muted ?? [],
    exempt: isTeacher && lesson.muted_all ? [...known.exempt] : [],
    proposals: (lesson.proposals ?? []).map((at) => proposalOf(at, known)),
    reports: reportsOf(known),
    presence: presenceOf(known),
    asked,
    trouble,
  };
}

function speechOf(lesson: Lesson, { seen, isTeacher, now, time }: Known) {
  if (isTeacher) return { posting: 'free', asking: 'free', speakAt: undefined } as const;
  const rest = restOf(seen.own.speakAt, lesson.slow_s * 1_000, time);
  const speech = (isAllowed: boolean): Speech => {
    if (seen.own.muted) return 'muted';
    if (!isAllowed) return 'mode';
    if (rest > 0) return 'slow';
    return lesson.moderated ? 'held' : 'free';
  };
  return {
    posting: speech(lesson.mode === 'open'),
    asking: speech(lesson.mode !== 'teacher'),
    speakAt: rest > 0 ? now + rest : undefined,
  };
}

/**
 * How long slow mode still asks to wait, in milliseconds of the clock. Its pause passes as fast as the clock, also where
 * school time is sped up: that only says when one spoke last.
 */
function restOf(speakAt: number | undefined, slowMs: number, { ms, speed }: SchoolTime): number {
  if (speakAt === undefined || ms === undefined) return 0;
  const passed = (ms - (speakAt - slowMs)) / speed;
  return Math.max(0, slowMs - passed);
}

function handOf({ own }: LessonSeen): Hand {
  return own.isRaised ? (own.place ?? 'asked') : 'down';
}

function votersOf(poll: PollState, pulse: Pulse | undefined): number | undefined {
  if (poll.open && pulse?.votes?.poll === poll.poll) return pulse.votes.voters;
  return poll.counts?.reduce((sum, count) => sum + count, 0);
}

function pollOf(poll: PollState, { pulse, own }: LessonSeen): PollView {
  return {
    poll: poll.poll,
    scale: poll.scale,
    text: poll.text,
    shown: poll.shown,
    isOpen: poll.open,
    counts: poll.counts,
    voters: votersOf(poll, pulse),
    vote: own.vote,
  };
}

function keyOf({ epoch, offset }: Position): string {
  return `${epoch} ${offset}`;
}

function questionOf({ at, standing, upvotes }: Lesson['questions'][number], known: Known): QuestionView {
  const publication = known.words.of(at);
  const isDeleted = known.words.isDeleted(at);
  return {
    key: keyOf(at),
    at,
    standing,
    upvotes,
    isUpvoted: known.seen.own.upvoted.has(at.offset),
    isMine: publication?.author === known.account,
    author: publication?.author,
    text: publication?.kind === 'question' ? publication.body.text : undefined,
    askedAt: publication?.published_at,
    isDeleted,
  };
}

function proposalOf(at: Position, { words, judged }: Known): ProposalView {
  const publication = words.of(at);
  const body = publication?.kind === 'proposal' ? publication.body : undefined;
  return {
    key: keyOf(at),
    at,
    author: publication?.author,
    kind: body?.kind,
    text: body?.text,
    links: body?.links ?? [],
    isJudged: judged.has(at.offset),
  };
}

function pointed(
  at: Position,
  { words }: Known,
): Pointed & { readonly publication: Publication | undefined } {
  return { key: keyOf(at), at, publication: words.of(at) };
}

/** Each thing once, however often it was reported; nothing that is gone already. */
function reportsOf(known: Known): Pointed[] {
  if (!known.isTeacher) return [];
  const places = new Map(known.reported.map((at) => [at.offset, at]));
  return [...places.values()].filter((at) => !known.words.isDeleted(at)).map((at) => pointed(at, known));
}

function presenceOf({ isTeacher, seen, students, names }: Known): PresenceView | undefined {
  const { present } = seen;
  if (!isTeacher || present === undefined) return undefined;
  const name = (account: string) => names.get(account) ?? account;
  const byName = (one: string, other: string) => name(one).localeCompare(name(other));
  return {
    here: [...present].sort(byName),
    missing: students.filter((account) => !present.has(account)).sort(byName),
  };
}
