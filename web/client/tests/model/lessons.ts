/**
 * The lessons of the model hub: what stands in the log survives a restart, what is in memory does not. Everything is told at
 * once, for nothing here is about how seldom the hub tells.
 */

import type { Deed, Lesson, LessonBody, Mine, Pulse, Reaction } from '../../src/lesson-messages.ts';
import type { ClientMessage, HubContent, Position } from '../../src/messages.ts';
import type { Line, ModelHub } from './hub.ts';

interface Room {
  lesson: Lesson;
  hands: string[];
  /** The last raising of each account, by its name. */
  readonly raisings: Map<string, string>;
  readonly votes: Map<string, number>;
  readonly upvotes: Map<number, Set<string>>;
  called: string | null;
}

type Asked = ClientMessage & { readonly type: 'lesson' };

export class ModelLessons {
  /** Who is there, as the teacher is told. */
  present: string[] = ['a.one'];
  version = 1;
  /** Whether lines are told what teachers are. */
  isTeacher = false;
  readonly #hub: ModelHub;
  readonly #rooms = new Map<string, Room>();
  readonly #answered = new Map<string, Position>();
  #knownSince = 1_000;

  constructor(hub: ModelHub) {
    this.#hub = hub;
  }

  /** A teacher begins a lesson. */
  start(channel: string, part: Partial<Lesson> = {}): void {
    const lesson: Lesson = {
      since: 5_000_000 + Math.round(this.#hub.world.now()),
      by: 't.martin',
      title: 'Vecteurs',
      mode: 'open',
      slow_s: 0,
      moderated: false,
      reactions: true,
      muted_all: false,
      pinned: null,
      poll: null,
      questions: [],
      ...part,
    };
    this.#rooms.set(channel, {
      lesson,
      hands: [],
      raisings: new Map(),
      votes: new Map(),
      upvotes: new Map(),
      called: null,
    });
    this.#tell(channel);
  }

  change(channel: string, part: Partial<Lesson>): void {
    const room = this.#room(channel);
    // Who voted for what is nowhere any more.
    if (part.poll && part.poll.poll !== room.lesson.poll?.poll) room.votes.clear();
    room.lesson = { ...room.lesson, ...part };
    this.#tell(channel);
  }

  end(channel: string): void {
    this.#rooms.delete(channel);
    this.#tell(channel);
  }

  /** The teacher lowers every hand. */
  lower(channel: string): void {
    this.#room(channel).hands = [];
    this.#tell(channel);
  }

  hands(channel: string): readonly string[] {
    return this.#room(channel).hands;
  }

  votes(channel: string): ReadonlyMap<string, number> {
    return this.#room(channel).votes;
  }

  upvotes(channel: string, offset: number): number {
    return this.#room(channel).upvotes.get(offset)?.size ?? 0;
  }

  /** Somebody upvotes elsewhere. */
  upvoteBy(account: string, channel: string, offset: number): void {
    const { upvotes } = this.#room(channel);
    upvotes.set(offset, new Set([...(upvotes.get(offset) ?? []), account]));
  }

  /** The hub was killed and is there again: its memory is empty. */
  restart(): void {
    this.#hub.cut();
    this.#knownSince += 1_000;
    for (const room of this.#rooms.values()) {
      room.hands = [];
      room.raisings.clear();
      room.votes.clear();
      room.upvotes.clear();
    }
  }

  /** What is told after the answer to a subscribe. */
  greet(line: Line, channel: string): void {
    if (!channel.startsWith('class:')) return;
    this.#hub.send(line, { type: 'lesson', channel, lesson: this.#rooms.get(channel)?.lesson ?? null });
    this.#own(line, channel);
    if (!this.isTeacher || !this.#rooms.has(channel)) return;
    const { present: here, version } = this;
    this.#hub.send(line, { type: 'presence', channel, version, here, gone: [] } as never);
  }

  pulse(channel: string, part: Partial<Pulse> = {}): void {
    const { hands, votes, upvotes, called, lesson } = this.#room(channel);
    const pulse = {
      type: 'pulse',
      channel,
      here: this.present.length,
      of: 35,
      hands: hands.length,
      called,
      votes: lesson.poll?.open ? { poll: lesson.poll.poll, voters: votes.size } : null,
      reactions: [],
      upvotes: [...upvotes].map(([offset, who]) => [this.#at(offset), who.size]),
      ...(this.isTeacher ? { raised: hands } : {}),
      ...part,
    };
    for (const line of this.#lines(channel)) this.#hub.send(line, pulse);
  }

  /** Somebody comes or goes; `since` may be told wrong, as if a change had been lost. */
  presence(channel: string, here: string[], gone: string[], since = this.version): void {
    this.present = [...this.present.filter((account) => !gone.includes(account)), ...here];
    this.version += 1;
    const { version } = this;
    for (const line of this.#lines(channel)) {
      this.#hub.send(line, { type: 'presence', channel, version, since, here, gone } as never);
    }
  }

  serve(line: Line, asked: Asked): void {
    const { id, channel } = asked;
    const room = this.#rooms.get(channel);
    if (!room && asked.do !== 'start') {
      return this.#hub.send(line, { type: 'error', id, code: 'no_lesson', message: 'none' } as never);
    }
    if (asked.message_id !== undefined) return this.#write(line, asked, asked.message_id);
    if (room) this.#act(line.account, room, asked);
    this.#hub.send(line, { type: 'done', id } as never);
    if (asked.do === 'presence') {
      const { present: here, version } = this;
      return this.#hub.send(line, { type: 'presence', channel, version, here, gone: [] } as never);
    }
    this.#tell(channel);
    this.pulse(channel, asked.do === 'react' ? { reactions: [[asked.reaction as Reaction, 1]] } : {});
  }

  #act(account: string, room: Room, deed: Deed): void {
    const others = room.hands.filter((other) => other !== account);
    switch (deed.do) {
      case 'raise': {
        const isKnown = deed.hand !== undefined && room.raisings.get(account) === deed.hand;
        if (!isKnown && !room.hands.includes(account)) room.hands.push(account);
        if (deed.hand !== undefined) room.raisings.set(account, deed.hand);
        return;
      }
      case 'lower':
        room.hands = deed.account === undefined ? others : room.hands.filter((one) => one !== deed.account);
        return;
      case 'call':
        room.hands = room.hands.filter((one) => one !== deed.account);
        room.called = deed.account;
        return;
      case 'vote':
        room.votes.set(account, deed.choice);
        return;
      case 'upvote': {
        const who = room.upvotes.get(deed.at.offset) ?? new Set();
        if (deed.up) who.add(account);
        else who.delete(account);
        room.upvotes.set(deed.at.offset, who);
        return;
      }
      default:
    }
  }

  #write(line: Line, asked: Asked, messageId: string): void {
    const { id, channel } = asked;
    const answer = (position: Position, duplicate: boolean) =>
      this.#hub.send(line, {
        type: 'published',
        id,
        channel,
        message_id: messageId,
        position,
        duplicate,
      } as never);
    const earlier = this.#answered.get(messageId);
    if (earlier) return answer(earlier, true);
    this.#hub.publish(channel, said(asked), messageId, line.account, (position) => {
      this.#answered.set(messageId, position);
      answer(position, false);
    });
    if (asked.do === 'start') return this.start(channel, { title: asked.title, by: line.account });
    if (asked.do === 'end') return this.end(channel);
    this.change(channel, changeOf(asked, this.#room(channel).lesson));
  }

  #tell(channel: string): void {
    for (const line of this.#lines(channel)) {
      this.#hub.send(line, { type: 'lesson', channel, lesson: this.#rooms.get(channel)?.lesson ?? null });
      this.#own(line, channel);
    }
  }

  #own(line: Line, channel: string): void {
    const room = this.#rooms.get(channel);
    const place = (room?.hands.indexOf(line.account) ?? -1) + 1;
    const upvoted = [...(room?.upvotes ?? [])].filter(([, who]) => who.has(line.account));
    this.#hub.send(line, {
      type: 'mine',
      channel,
      muted: room?.lesson.muted_all ?? false,
      hand: place === 0 ? null : place,
      vote: room?.votes.get(line.account) ?? null,
      upvoted: upvoted.map(([offset]) => this.#at(offset)),
      speak_at: this.speakAt,
      known_since: this.#knownSince,
      held: this.held,
    } as never);
  }

  speakAt: number | null = null;
  /** The words of this account that wait for the teacher. */
  held: Mine['held'] = [];

  #at(offset: number): Position {
    return { epoch: this.#hub.epoch, offset };
  }

  #lines(channel: string): Line[] {
    return this.#hub.live.filter((line) => line.follows.has(channel));
  }

  #room(channel: string): Room {
    const room = this.#rooms.get(channel);
    if (!room) throw new Error(`${channel} has no lesson`);
    return room;
  }
}

/** What a deed leaves in the log. */
function said(deed: Deed): HubContent {
  const { do: word, ...rest } = deed;
  if (deed.do === 'delete') return { kind: 'deletion', body: { at: deed.at } };
  const events: Readonly<Record<string, string>> = {
    start: 'started',
    end: 'ended',
    rule: 'rules',
    mute: 'muted',
    unmute: 'unmuted',
    pin: 'pinned',
    unpin: 'unpinned',
    settle: 'question',
    judge: 'rejected',
    open_poll: 'poll_opened',
    close_poll: 'poll_closed',
    report: 'reported',
  };
  const { type: _, id: __, channel: ___, message_id: ____, ...fields } = rest as Record<string, unknown>;
  return { kind: 'lesson', body: { event: events[word], ...fields } as LessonBody };
}

/** What a deed changes in the lesson. */
function changeOf(deed: Deed, lesson: Lesson): Partial<Lesson> {
  switch (deed.do) {
    case 'rule':
      return { mode: deed.mode, slow_s: deed.slow_s, moderated: deed.moderated, reactions: deed.reactions };
    case 'mute':
    case 'unmute': {
      const isMuted = deed.do === 'mute';
      if (deed.account === undefined) return { muted_all: isMuted };
      const others = (lesson.muted ?? []).filter((account) => account !== deed.account);
      return { muted: isMuted ? [...others, deed.account] : others };
    }
    case 'pin':
      return { pinned: deed.at };
    case 'unpin':
      return { pinned: null };
    case 'settle': {
      const { at, standing } = deed;
      return {
        questions: lesson.questions.map((one) => (one.at.offset === at.offset ? { ...one, standing } : one)),
      };
    }
    case 'judge':
      return { proposals: (lesson.proposals ?? []).filter(({ offset }) => offset !== deed.at.offset) };
    case 'open_poll': {
      const { poll, scale, text, shown } = deed;
      return { poll: { poll, scale, text, shown, open: true } };
    }
    case 'close_poll':
      return { poll: lesson.poll && { ...lesson.poll, open: false } };
    default:
      return {};
  }
}
