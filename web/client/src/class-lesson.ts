/**
 * The lessons of one class, as this account takes part in them: what the hub last told, put together, and what one does.
 *
 * What the hub keeps in memory alone is repeated here when a new connection shows that it was lost: one's hand, vote and
 * upvotes. Whether the hub has forgotten it says itself; a hand that one that has not does not show was lowered meanwhile. A
 * raising that had no answer is asked for again under its name, by which the hub knows whether it was lowered since.
 * Changes of presence build on each other; where one is missing, the whole is asked for.
 * This module must not know when there is a connection: `exchange.ts` says when one has begun and what it brought.
 */

import type { Cancel } from './environment.ts';
import { INTERRUPTED } from './deeds.ts';
import { Known } from './known.ts';
import { Listeners } from './listeners.ts';
import { REACTIONS } from './lesson-messages.ts';
import type {
  DurableDeed,
  HeldWords,
  Lesson,
  LessonMessage,
  Mine,
  PassingDeed,
  Presence,
  Pulse,
  QuestionState,
} from './lesson-messages.ts';
import type { Position } from './messages.ts';
import { PublishRejected, type Receipt } from './outgoing.ts';
import { Wish } from './wish.ts';

/** What is known of the lessons of a class. */
export interface LessonSeen {
  /** With the newest counts; `null` without a lesson, nothing before the hub has told. */
  readonly lesson: Lesson | null | undefined;
  /** The newest pulse of the lesson. */
  readonly pulse: Pulse | undefined;
  /** Who of the students is there, for teachers. */
  readonly present: ReadonlySet<string> | undefined;
  readonly own: OwnPart;
}

/** What is one's own in a lesson, as one wants it and as far as the hub lets it be. */
export interface OwnPart {
  readonly muted: boolean;
  readonly isRaised: boolean;
  /** The place of one's hand, from 1, once the hub has told. */
  readonly place: number | undefined;
  /** One's choice in the poll, from 0. */
  readonly vote: number | undefined;
  /** Offsets of the questions that one finds worth asking. */
  readonly upvoted: ReadonlySet<number>;
  /** School time from which on one may speak again, in slow mode. */
  readonly speakAt: number | undefined;
  /** What one would say and the teacher has not judged yet. */
  readonly held: readonly HeldWords[];
}

/** How deeds reach the hub. */
export interface DeedWays {
  /** Once; rejects with `PublishRejected` if the hub refuses or the line is lost. */
  readonly act: (deed: PassingDeed) => Promise<void>;
  /** As often as it takes. */
  readonly write: (deed: DurableDeed, messageId: string) => Promise<Receipt>;
  readonly newId: () => string;
}

const NOTHING: LessonSeen = {
  lesson: undefined,
  pulse: undefined,
  present: undefined,
  own: {
    muted: false,
    isRaised: false,
    place: undefined,
    vote: undefined,
    upvoted: new Set(),
    speakAt: undefined,
    held: [],
  },
};

/** The lessons of one class. `Connection.lesson` makes one. */
export class ClassLesson {
  readonly channel: string;
  readonly #ways: DeedWays;
  readonly #seen = new Known<LessonSeen>(NOTHING);
  readonly #pulses = new Listeners<Pulse>();
  readonly #hand = new Wish(false);
  /** The name of the last raising. */
  #raising: string | undefined;
  readonly #vote = new Wish<number | undefined>(undefined);
  readonly #upvoted = new Wish<ReadonlySet<number>>(new Set());
  /** Questions whose upvote was taken back without the hub's answer: it may still count it. */
  readonly #takenBack = new Set<number>();
  #mine: Mine | undefined;
  /** Since when the hub had forgotten nothing, when it was last told one's wishes. */
  #knownSince: number | undefined;
  #version: number | undefined;
  #isPresenceAsked = false;
  /** What this connection has not told yet; wishes are repeated once it has told both. */
  readonly #untold = new Set<'lesson' | 'mine'>();

  /** @internal `Connection.lesson` makes it. */
  constructor(channel: string, ways: DeedWays) {
    this.channel = channel;
    this.#ways = ways;
  }

  /** What is known now. */
  get seen(): LessonSeen {
    return this.#seen.value;
  }

  /** Calls the listener with what is known, now and at each change. */
  onChange(listener: (seen: LessonSeen) => void): Cancel {
    return this.#seen.on(listener);
  }

  /** Calls the listener with each pulse: its reactions are those since the one before. */
  onPulse(listener: (pulse: Pulse) => void): Cancel {
    return this.#pulses.add(listener);
  }

  /** Does something that stands in the class's log. Resolves once it does; survives the loss of the line. */
  write(deed: DurableDeed, messageId = this.#ways.newId()): Promise<Receipt> {
    return this.#ways.write(deed, messageId);
  }

  /**
   * Does something that the hub keeps in memory alone. A hand, a vote and an upvote are wanted until the hub says no: they
   * are repeated if the line is lost, and that the promise was rejected with `interrupted` is then no failure.
   */
  act(deed: PassingDeed): Promise<void> {
    const done = this.#wanted(deed);
    this.#show();
    const show = () => this.#show();
    done.then(show, show);
    return done;
  }

  /** @internal The class is followed on another connection, or anew. */
  begun(): void {
    this.#untold.add('lesson').add('mine');
    this.#version = undefined;
    this.#isPresenceAsked = false;
  }

  /** @internal Nothing more is to be known of it. */
  ended(): void {
    this.#forget();
    this.#seen.set(NOTHING);
  }

  /** @internal The hub said something of it. */
  received(message: LessonMessage): void {
    switch (message.type) {
      case 'lesson':
        return this.#state(message.lesson);
      case 'mine':
        return this.#own(message);
      case 'pulse':
        return this.#moved(message);
      case 'presence':
        return this.#present(message);
    }
  }

  #state(lesson: Lesson | null): void {
    const { lesson: before, pulse, present } = this.seen;
    const isAnother = lesson === null || (before != null && before.since !== lesson.since);
    if (isAnother) this.#forget();
    else if (before?.poll?.poll !== lesson.poll?.poll && before != null) this.#vote.forget();
    this.#show(isAnother ? { lesson, pulse: undefined, present: undefined } : { lesson, pulse, present });
    this.#told('lesson');
  }

  #own(mine: Mine): void {
    this.#mine = mine;
    if (this.#untold.has('mine')) return this.#told('mine');
    this.#knownSince = mine.known_since;
    this.#hand.told(mine.hand !== null);
    this.#vote.told(mine.vote ?? undefined);
    this.#upvoted.told(new Set(mine.upvoted.map(({ offset }) => offset)));
    this.#show();
  }

  #moved(pulse: Pulse): void {
    const { lesson } = this.seen;
    if (lesson) this.#show({ pulse, lesson: counted(lesson, pulse) });
    const reactions = pulse.reactions.filter(([reaction]) => REACTIONS.includes(reaction));
    this.#pulses.tell({ ...pulse, reactions });
  }

  #present(presence: Presence): void {
    const { version, since, here, gone } = presence;
    if (since !== undefined && since !== this.#version) return this.#askPresence();
    this.#isPresenceAsked = false;
    this.#version = version;
    const present = new Set(since === undefined ? [] : this.seen.present);
    for (const account of here) present.add(account);
    for (const account of gone) present.delete(account);
    this.#show({ present });
  }

  #askPresence(): void {
    if (this.#isPresenceAsked) return;
    this.#isPresenceAsked = true;
    // The next change finds the same hole, and asks again.
    this.#ways.act({ do: 'presence' }).catch(() => (this.#isPresenceAsked = false));
  }

  /** Both what the lesson is and what is one's own have to be known before anything is said again. */
  #told(what: 'lesson' | 'mine'): void {
    if (!this.#untold.delete(what) || this.#untold.size > 0) return;
    if (this.#mine) {
      for (const deed of this.#lost(this.#mine)) void this.act(deed).catch(() => undefined);
      this.#own(this.#mine);
    }
  }

  /** What was wanted before and is not known to the hub. A hand is others' to lower too. */
  *#lost(mine: Mine): Iterable<PassingDeed> {
    const { lesson } = this.seen;
    if (!lesson) return;
    const isForgotten = mine.known_since !== this.#knownSince || this.#hand.isUnheard;
    if (this.#hand.value && mine.hand === null && isForgotten) {
      yield { do: 'raise', ...(this.#raising && { hand: this.#raising }) };
    }
    if (!this.#hand.value && this.#hand.isUnheard && mine.hand !== null) yield { do: 'lower' };
    const choice = this.#vote.value;
    if (choice !== undefined && lesson.poll?.open && mine.vote !== choice) {
      yield { do: 'vote', poll: lesson.poll.poll, choice };
    }
    const known = new Set(mine.upvoted.map(({ offset }) => offset));
    for (const { at, standing } of lesson.questions) {
      if (standing !== 'open') continue;
      const isKnown = known.has(at.offset);
      if (this.#upvoted.value.has(at.offset) && !isKnown) yield { do: 'upvote', at, up: true };
      if (this.#takenBack.has(at.offset) && isKnown) yield { do: 'upvote', at, up: false };
    }
  }

  #wanted(deed: PassingDeed): Promise<void> {
    const act = () => this.#ways.act(deed);
    switch (deed.do) {
      case 'raise':
        return this.#raise(deed.hand ?? this.#ways.newId());
      case 'lower':
        return deed.account === undefined ? this.#hand.ask(false, act) : act();
      case 'vote':
        return this.#vote.ask(deed.choice, act);
      case 'upvote':
        return this.#upvote(deed.at, deed.up, act);
      case 'call':
      case 'react':
      case 'presence':
        return act();
    }
  }

  #raise(hand: string): Promise<void> {
    this.#raising = hand;
    return this.#hand.ask(true, () => this.#ways.act({ do: 'raise', hand }));
  }

  /** That one was taken back is remembered until the hub has heard it: an upvote that is merely unknown here is another tab's. */
  #upvote(at: Position, up: boolean, act: () => Promise<void>): Promise<void> {
    if (up) this.#takenBack.delete(at.offset);
    else this.#takenBack.add(at.offset);
    const heard = () => void this.#takenBack.delete(at.offset);
    return this.#upvoted.ask(changed(this.#upvoted.value, at, up), () =>
      act().then(heard, (error: unknown) => {
        if (!(error instanceof PublishRejected && error.code === INTERRUPTED)) heard();
        throw error;
      }),
    );
  }

  #forget(): void {
    this.#hand.forget();
    this.#vote.forget();
    this.#upvoted.forget();
    this.#takenBack.clear();
    this.#mine = undefined;
    this.#knownSince = undefined;
  }

  #show(part: Partial<LessonSeen> = {}): void {
    const mine = this.#mine;
    const isRaised = this.#hand.value;
    const own = {
      muted: mine?.muted ?? false,
      isRaised,
      place: isRaised ? (mine?.hand ?? undefined) : undefined,
      vote: this.#vote.value,
      upvoted: this.#upvoted.value,
      speakAt: mine?.speak_at ?? undefined,
      held: mine?.held ?? [],
    };
    this.#seen.set({ ...this.seen, ...part, own });
  }
}

function changed(offsets: ReadonlySet<number>, { offset }: Position, isIn: boolean): ReadonlySet<number> {
  const set = new Set(offsets);
  if (isIn) set.add(offset);
  else set.delete(offset);
  return set;
}

/** A lesson with the counts of a newer pulse. */
function counted(lesson: Lesson, { votes, upvotes }: Pulse): Lesson {
  const counts = new Map(upvotes.map(([{ offset }, count]) => [offset, count]));
  const questions = lesson.questions.map((question): QuestionState => {
    if (question.standing !== 'open') return question;
    return { ...question, upvotes: counts.get(question.at.offset) ?? 0 };
  });
  const { poll } = lesson;
  const isVoted = poll?.open && votes?.poll === poll.poll && votes.counts !== undefined;
  return { ...lesson, questions, poll: isVoted ? { ...poll, counts: votes.counts } : poll };
}
