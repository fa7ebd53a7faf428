/**
 * The lesson of one class as a page shows it: what the hub tells of it, joined with the words that stand in the class's log.
 *
 * The hub names posts, questions and proposals by their place; their words are kept here as they pass, and those that passed
 * before this page was open are asked for. Nothing that is done throws: `view.trouble` says what could not be done.
 * This module must not know how anything looks, nor what a number of milliseconds is in words.
 */

import {
  INTERRUPTED,
  PublishRejected,
  type Cancel,
  type ClassLesson,
  type Clock,
  type Deed,
  type DurableDeed,
  type HistoryPage,
  type HistoryQuery,
  type LessonSeen,
  type PassingDeed,
  type Position,
  type Publication,
  type Reaction,
  type RejectionCode,
  type Rules,
  type Scale,
  type Shown,
  type Standing,
} from '@preau/client';
import { LessonFloor } from './lesson-floor.ts';
import { LessonWords } from './lesson-words.ts';
import { NO_LESSON, viewOf } from './lesson-sight.ts';
import type { Burst, LessonControls, LessonView } from './lesson-view.ts';
import type { PeopleModel } from './people.ts';
import type { SchoolClock } from './school-clock.ts';
import { Store } from './store.ts';

export interface LessonParts {
  readonly lesson: ClassLesson;
  /** The account that looks. */
  readonly account: string;
  readonly isTeacher: boolean;
  readonly clock: Clock;
  readonly time: SchoolClock;
  readonly people: PeopleModel;
  /** Asks the hub for what stands in the class's log. */
  readonly history: (query: HistoryQuery) => Promise<HistoryPage>;
  readonly newId: () => string;
}

/** What happened to a lesson that is asked for at once: the most that a hub gives. */
const FLOOR_PAGE = 200;

/** What one wants although the line is lost: it is said again, so nothing has gone wrong yet. */
const WISHES: readonly Deed['do'][] = ['raise', 'lower', 'vote', 'upvote'];

export class LessonModel implements LessonControls {
  readonly view: Store<LessonView>;
  readonly bursts = new Store<Burst>({ number: 0, counts: [] });
  readonly #parts: LessonParts;
  readonly #words: LessonWords;
  readonly #floor = new LessonFloor();
  #isFloorAsked = false;
  readonly #stops: (() => void)[];
  readonly #asked = new Map<Deed['do'], number>();
  /** Proposals that were judged here. */
  readonly #judged = new Set<number>();
  /** What was reported and looked at here, by its offset: how many had reported it then. */
  readonly #reportsSeen = new Map<number, number>();
  /** Rules that were asked for and are not told yet. */
  #rules: Rules | undefined;
  #trouble: LessonView['trouble'];
  #cancel: Cancel | undefined;

  constructor(parts: LessonParts) {
    this.#parts = parts;
    this.view = new Store<LessonView>({ ...NO_LESSON, isTeacher: parts.isTeacher });
    this.#words = new LessonWords({ ...parts, came: () => this.#show() });
    this.#stops = [
      parts.lesson.onChange((seen) => this.#seen(seen)),
      parts.lesson.onPulse(({ reactions }) => {
        if (reactions.length > 0) {
          this.bursts.set({ number: this.bursts.value.number + 1, counts: reactions });
        }
      }),
      // Those who are there are listed by name.
      ...(parts.isTeacher ? [parts.people.names.subscribe(() => this.#show())] : []),
    ];
  }

  /** Something that stands in the class's log. */
  add(publication: Publication): void {
    if (publication.kind === 'lesson') {
      const { body } = publication;
      this.#floor.add(publication);
      if (body.event === 'started') this.#reportsSeen.clear();
      this.#want();
    }
    if (this.#words.add(publication)) this.#show();
  }

  /** What was held of the log can't be continued. */
  renew(): void {
    this.#words.forget();
    this.#floor.forget();
    this.#show();
  }

  stop(): void {
    this.#cancel?.();
    this.#words.stop();
    for (const stop of this.#stops) stop();
  }

  raise(): void {
    this.#act({ do: 'raise' });
  }

  lower(account?: string): void {
    this.#act({ do: 'lower', ...named(account) });
  }

  vote(choice: number): void {
    const { poll } = this.view.value;
    if (poll) this.#act({ do: 'vote', poll: poll.poll, choice });
  }

  upvote(at: Position, up: boolean): void {
    this.#act({ do: 'upvote', at, up });
  }

  react(reaction: Reaction): void {
    this.#act({ do: 'react', reaction });
  }

  delete(at: Position): void {
    this.#write({ do: 'delete', at });
  }

  report(at: Position): void {
    this.#write({ do: 'report', at });
  }

  start(title: string): void {
    this.#write({ do: 'start', title });
  }

  end(): void {
    this.#write({ do: 'end' });
  }

  rule(part: Partial<Rules>): void {
    // Two switches in one second: the second must not take the first back.
    this.#rules = { ...(this.#rules ?? this.view.value.rules), ...part };
    this.#write({ do: 'rule', ...this.#rules });
  }

  mute(account?: string): void {
    this.#write({ do: 'mute', ...named(account) });
  }

  unmute(account?: string): void {
    this.#write({ do: 'unmute', ...named(account) });
  }

  call(account: string): void {
    this.#act({ do: 'call', account });
  }

  pin(at: Position): void {
    this.#write({ do: 'pin', at });
  }

  unpin(): void {
    this.#write({ do: 'unpin' });
  }

  settle(at: Position, standing: Standing): void {
    this.#write({ do: 'settle', at, standing });
  }

  judge(at: Position, approved: boolean): void {
    this.#judged.add(at.offset);
    this.#write({ do: 'judge', at, approved }, () => this.#judged.delete(at.offset));
  }

  openPoll(scale: Scale, text: string, shown: Shown): void {
    this.#write({ do: 'open_poll', poll: this.#parts.newId(), scale, text, shown });
  }

  closePoll(): void {
    const { poll } = this.view.value;
    if (poll) this.#write({ do: 'close_poll', poll: poll.poll });
  }

  reportSeen(at: Position): void {
    const reports = this.#parts.lesson.seen.lesson?.reports ?? [];
    const report = reports.find(([{ offset }]) => offset === at.offset);
    if (report) this.#reportsSeen.set(at.offset, report[1]);
    this.#show();
  }

  troubleSeen(): void {
    this.#trouble = undefined;
    this.#show();
  }

  overSeen(): void {
    if (this.view.value.stage === 'over') this.view.change({ stage: 'none' });
  }

  #act(deed: PassingDeed): void {
    this.#begin(deed.do);
    this.#parts.lesson.act(deed).then(
      () => this.#answered(deed.do),
      (error: unknown) => this.#answered(deed.do, codeOf(error)),
    );
  }

  #write(deed: DurableDeed, failed: () => void = () => undefined): void {
    this.#begin(deed.do);
    this.#parts.lesson.write(deed).then(
      () => this.#answered(deed.do),
      (error: unknown) => {
        failed();
        this.#answered(deed.do, codeOf(error));
      },
    );
  }

  #begin(deed: Deed['do']): void {
    this.#asked.set(deed, (this.#asked.get(deed) ?? 0) + 1);
    this.#trouble = undefined;
    this.#show();
  }

  #answered(deed: Deed['do'], code?: RejectionCode): void {
    const left = (this.#asked.get(deed) ?? 1) - 1;
    if (left > 0) this.#asked.set(deed, left);
    else this.#asked.delete(deed);
    if (deed === 'rule' && left === 0 && (code !== undefined || this.#isTold())) this.#rules = undefined;
    const isWished = code === INTERRUPTED && WISHES.includes(deed);
    // A reaction that is lost is lost: nobody waits for one.
    if (code !== undefined && !isWished && deed !== 'react') this.#trouble = { deed, code };
    this.#show();
  }

  #seen({ lesson }: LessonSeen): void {
    // The answer may come before the news: until then, what was asked for is what the next change builds on.
    if (!this.#asked.has('rule')) this.#rules = undefined;
    if (lesson) {
      this.#want();
      if (this.#parts.isTeacher) this.#parts.people.meet(this.#parts.lesson.channel);
      if (this.#parts.isTeacher && lesson.muted_all && !this.#floor.isKnown) void this.#askFloor();
    }
    this.#show();
  }

  /** Everybody was muted before this page was open: who was let speak since stands in the log. */
  async #askFloor(): Promise<void> {
    if (this.#isFloorAsked) return;
    this.#isFloorAsked = true;
    try {
      const { publications } = await this.#parts.history({ kind: 'lesson', limit: FLOOR_PAGE });
      for (const publication of publications) this.#floor.add(publication);
      this.#show();
    } catch {
      // The next change of the lesson asks again.
      this.#isFloorAsked = false;
    }
  }

  /** Whether the hub has told the rules that were asked for. */
  #isTold(): boolean {
    const { lesson } = this.#parts.lesson.seen;
    const asked = Object.entries(this.#rules ?? {});
    return lesson !== null && asked.every(([name, value]) => lesson?.[name as keyof Rules] === value);
  }

  #want(): void {
    const { lesson } = this.#parts.lesson.seen;
    if (lesson) this.#words.want(lesson, this.#reported());
  }

  /** What was reported in this lesson and not looked at yet, or reported by more since. */
  #reported(): readonly Position[] {
    const reports = this.#parts.lesson.seen.lesson?.reports ?? [];
    const isNew = ({ offset }: Position, count: number) => count > (this.#reportsSeen.get(offset) ?? 0);
    return reports.filter(([at, count]) => isNew(at, count)).map(([at]) => at);
  }

  #show(): void {
    const { lesson, account, isTeacher, clock, time, people } = this.#parts;
    const view = viewOf({
      before: this.view.value,
      seen: lesson.seen,
      account,
      isTeacher,
      now: clock.now(),
      time: time.now,
      words: this.#words,
      names: people.names.value,
      students: people.studentsOf(lesson.channel),
      exempt: this.#floor.exempt,
      judged: this.#judged,
      reported: this.#reported(),
      asked: new Set(this.#asked.keys()),
      trouble: this.#trouble,
    });
    this.view.set(view);
    this.#cancel?.();
    this.#cancel = undefined;
    if (view.speakAt !== undefined) {
      this.#cancel = clock.after(Math.max(1, view.speakAt - clock.now()), () => this.#show());
    }
  }
}

function named(account: string | undefined): { readonly account?: string } {
  return account === undefined ? {} : { account };
}

function codeOf(error: unknown): RejectionCode {
  return error instanceof PublishRejected ? error.code : 'internal';
}
