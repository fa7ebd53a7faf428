/**
 * What is said between a welcome and the end of a connection, and what is remembered from one connection to the next:
 * the followed channels, the publications that no answer has come for, and one's part in lessons.
 *
 * Every source of messages is asked in turn (`#next`) when the pace allows; none pushes, so nothing piles up at the socket.
 * This module must not know how a connection is made or when it is tried again.
 */

import { Acknowledgements } from './acknowledgement.ts';
import { ClassLesson } from './class-lesson.ts';
import { Deeds, INTERRUPTED } from './deeds.ts';
import type { Cancel, Environment } from './environment.ts';
import { Heartbeat } from './heartbeat.ts';
import type { PassingDeed } from './lesson-messages.ts';
import type { ClientMessage, LoadLevel, Publication, ServerMessage, StartFrom, Welcome } from './messages.ts';
import { Outgoing, PublishRejected, type Draft, type Receipt } from './outgoing.ts';
import { Pace } from './pace.ts';
import { Renewal } from './renewal.ts';
import { Subscription, type SubscriptionListener } from './subscription.ts';
import type { Tokens } from './token.ts';

/** The hub's two clocks, as it last told them. */
export interface HubTime {
  readonly server_time: number;
  readonly school_time: number;
}

export interface ExchangeNews {
  /** The line is dead though nobody closed it. */
  silent(): void;
  /** What the hub says can't be placed: to go on would be to show a wrong feed. */
  unplaceable(): void;
  time(time: HubTime): void;
  load(level: LoadLevel): void;
  /** Another resume token than the welcome's. */
  resume(token: string): void;
  /** Why nothing can be said, if so. */
  silence(): PublishRejected | undefined;
}

/** Parts that live as long as one connection. */
interface Live {
  readonly send: (text: string) => void;
  readonly pace: Pace;
  readonly heartbeat: Heartbeat;
  readonly renewal: Renewal;
  ids: number;
  ping: boolean;
  /** What the hub believes of the page; a new connection counts as visible. */
  hidden: boolean;
  /** Channels given up while the hub still follows them. */
  readonly leaving: Set<string>;
}

export class Exchange {
  readonly #environment: Environment;
  readonly #tokens: Tokens;
  readonly #news: ExchangeNews;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #outgoing = new Outgoing();
  readonly #acknowledgements = new Acknowledgements();
  readonly #deeds = new Deeds();
  readonly #lessons = new Map<string, ClassLesson>();
  #hidden = false;
  #live: Live | undefined;
  #cancel: Cancel = () => undefined;

  constructor(environment: Environment, tokens: Tokens, news: ExchangeNews) {
    this.#environment = environment;
    this.#tokens = tokens;
    this.#news = news;
  }

  /** Publications that the hub has not answered. */
  get unanswered(): number {
    return this.#outgoing.size;
  }

  /** The followed channels, the first one first. */
  get followed(): Iterable<Subscription> {
    return this.#subscriptions.values();
  }

  /** A connection was welcomed: take up everything again. */
  begin(welcome: Welcome, send: (text: string) => void): void {
    const { clock, chance, positions } = this.#environment;
    positions.belongTo?.(welcome.account);
    this.#live = {
      send,
      pace: new Pace(welcome.limits, clock.now()),
      heartbeat: new Heartbeat(clock, welcome.limits.heartbeat_ms, {
        silent: () => this.#ping(),
        dead: () => this.#news.silent(),
      }),
      renewal: new Renewal(clock, chance, this.#tokens, welcome, () => this.#flush()),
      ids: 0,
      ping: false,
      hidden: false,
      leaving: new Set(),
    };
    this.#flush();
  }

  /** The connection is gone; wishes and unanswered publications stay. */
  interrupt(): void {
    // An attempt that led to no connection has interrupted nothing: channels may be read another way meanwhile.
    if (!this.#live) return;
    this.#live.heartbeat.stop();
    this.#live.renewal.stop();
    this.#live = undefined;
    this.#cancel();
    this.#outgoing.interrupted();
    this.#deeds.interrupted();
    this.#acknowledgements.interrupted();
    for (const subscription of this.#subscriptions.values()) subscription.interrupted();
  }

  /** There will be no other connection. Positions stay: a later connection may continue them. */
  stop(): void {
    this.interrupt();
    this.#outgoing.stop();
    this.#subscriptions.clear();
  }

  /** Asks for a sign of life now. */
  probe(): void {
    this.#live?.heartbeat.probe();
  }

  /** Whether nobody can see the page: told on this connection and on each that follows. */
  hide(hidden: boolean): void {
    this.#hidden = hidden;
    this.#flush();
  }

  /** Follows a channel until the returned function is called. A channel is followed once at a time. */
  subscribe(channel: string, from: StartFrom, listener: SubscriptionListener): () => void {
    if (this.#subscriptions.has(channel)) throw new Error(`${channel} is followed already`);
    const subscription = new Subscription(channel, from, listener, this.#environment.positions);
    this.#subscriptions.set(channel, subscription);
    this.#flush();
    return () => this.#leave(subscription);
  }

  publish(draft: Draft): Promise<Receipt> {
    const silence = this.#news.silence();
    if (silence) return Promise.reject(silence);
    const receipt = this.#outgoing.add(draft);
    this.#flush();
    return receipt;
  }

  /** The lessons of a class; what is told of them comes while its channel is followed. */
  lesson(channel: string): ClassLesson {
    const held = this.#lessons.get(channel);
    if (held) return held;
    const made = new ClassLesson(channel, {
      act: (deed) => this.#act(channel, deed),
      write: (deed, messageId) => this.publish({ channel, deed, messageId }),
      newId: () => this.#environment.chance.id(),
    });
    this.#lessons.set(channel, made);
    return made;
  }

  #act(channel: string, deed: PassingDeed): Promise<void> {
    const silence = this.#news.silence();
    if (silence) return Promise.reject(silence);
    if (!this.#live) return Promise.reject(new PublishRejected(INTERRUPTED, 'there is no line'));
    const done = this.#deeds.add(channel, deed);
    this.#flush();
    return done;
  }

  /** One message of the hub, other than its welcome. */
  receive(message: ServerMessage): void {
    this.#live?.heartbeat.heard();
    switch (message.type) {
      case 'publication':
        return this.#publication(message);
      case 'published':
        this.#outgoing.published(message);
        return this.#flush();
      case 'scheduled':
        this.#outgoing.scheduled(message);
        return this.#flush();
      case 'held':
        this.#outgoing.held(message);
        return this.#flush();
      case 'done':
        return this.#deeds.done(message.id);
      case 'lesson':
      case 'mine':
      case 'pulse':
      case 'presence':
        // What was under way when the channel was left is nobody's any more.
        if (!this.#subscriptions.has(message.channel)) return;
        return this.lesson(message.channel).received(message);
      case 'resumed':
      case 'fresh':
      case 'reset': {
        const subscription = this.#subscriptions.get(message.channel);
        if (!subscription?.asked(message.id)) return;
        this.#lessons.get(message.channel)?.begun();
        return subscription.answered(message);
      }
      case 'behind':
        return this.#subscriptions.get(message.channel)?.behind();
      case 'caught_up':
        return this.#subscriptions.get(message.channel)?.caughtUp(message.position);
      case 'marked':
        return this.#subscriptions.get(message.channel)?.marked(message.mark);
      case 'unsubscribed':
        return message.id === undefined ? this.ended(message.channel, 'roster') : undefined;
      case 'pong':
        return this.#news.time(message);
      case 'refreshed':
        if (message.resume !== undefined) this.#news.resume(message.resume);
        return this.#live?.renewal.refreshed(message);
      case 'load':
        return this.#news.load(message.level);
      case 'error':
        return this.#refused(message);
      case 'welcome':
        return this.#news.unplaceable();
    }
  }

  #publication(publication: Publication): void {
    const { channel, position } = publication;
    switch (this.#subscriptions.get(channel)?.take(publication)) {
      case 'taken': {
        const wasIdle = this.#acknowledgements.wakeAt() === undefined;
        this.#acknowledgements.note(channel, position, this.#environment.clock.now());
        return wasIdle ? this.#flush() : undefined;
      }
      case 'foreign':
        return this.#news.unplaceable();
      default:
    }
  }

  #refused(refusal: ServerMessage & { type: 'error' }): void {
    const now = this.#environment.clock.now();
    for (const candidate of this.#subscriptions.values()) {
      if (!candidate.asked(refusal.id)) continue;
      candidate.refused(refusal, now);
      if (candidate.wakeAt === undefined) this.#subscriptions.delete(candidate.channel);
      return this.#flush();
    }
    if (this.#deeds.refused(refusal)) return;
    if (this.#outgoing.refused(refusal, now)) return this.#flush();
    this.#live?.renewal.refused(refusal);
  }

  /** A channel is followed no longer, and not by our own wish. */
  ended(channel: string, why: string): void {
    const subscription = this.#subscriptions.get(channel);
    this.#subscriptions.delete(channel);
    this.#acknowledgements.forget(channel);
    subscription?.end(why);
    this.#lessons.get(channel)?.ended();
  }

  #leave(subscription: Subscription): void {
    const { channel } = subscription;
    if (this.#subscriptions.get(channel) !== subscription) return;
    this.#subscriptions.delete(channel);
    this.#acknowledgements.forget(channel);
    this.#environment.positions.forget(channel);
    this.#lessons.get(channel)?.ended();
    if (subscription.known) this.#live?.leaving.add(channel);
    this.#flush();
  }

  #ping(): void {
    if (!this.#live) return;
    this.#live.ping = true;
    this.#flush();
  }

  /** Sends what may go now and sets one timer for the rest. */
  #flush(): void {
    this.#cancel();
    const live = this.#live;
    if (!live) return;
    const { clock } = this.#environment;
    const now = clock.now();
    for (;;) {
      const messages = live.pace.wait('message', now);
      if (messages > 0) return this.#arm(messages);
      const message = this.#next(live, now) ?? this.#nextPublish(live, now);
      if (!message) break;
      live.pace.took('message_id' in message ? 'publish' : 'message');
      live.send(JSON.stringify(message));
      // Sending may have found the line broken, and that may have ended this connection.
      if (this.#live !== live) return;
    }
    const moments = [this.#acknowledgements.wakeAt()];
    for (const { wakeAt } of this.#subscriptions.values()) moments.push(wakeAt);
    const publish = this.#outgoing.wakeAt();
    if (publish !== undefined) moments.push(Math.max(publish, now + live.pace.wait('publish', now)));
    const earliest = Math.min(...moments.filter((moment) => moment !== undefined));
    if (Number.isFinite(earliest)) this.#arm(Math.max(1, earliest - now));
  }

  #arm(ms: number): void {
    this.#cancel = this.#environment.clock.after(ms, () => this.#flush());
  }

  #next(live: Live, now: number): ClientMessage | undefined {
    const id = () => (live.ids += 1);
    const refresh = live.renewal.next(id);
    if (refresh) return refresh;
    if (live.ping) {
      live.ping = false;
      return { type: 'ping', id: id() };
    }
    if (live.hidden !== this.#hidden) {
      live.hidden = this.#hidden;
      return { type: 'visibility', hidden: live.hidden };
    }
    for (const channel of live.leaving) {
      live.leaving.delete(channel);
      return { type: 'unsubscribe', id: id(), channel };
    }
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.wakeAt !== undefined && subscription.wakeAt <= now) return subscription.ask(id());
    }
    return this.#deeds.next(id) ?? this.#acknowledgements.next(now);
  }

  #nextPublish(live: Live, now: number): ClientMessage | undefined {
    if (live.pace.wait('publish', now) > 0) return undefined;
    return this.#outgoing.next(now, () => (live.ids += 1));
  }
}
