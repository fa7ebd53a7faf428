/**
 * One channel as a page shows it: what stands in it, what of ours is on its way, and how complete it is.
 *
 * The list is bounded and changes in batches, so that a busy class neither grows a page without end nor talks a screen
 * reader to death. While it is paused, what arrives is counted and held back.
 */

import type {
  Cancel,
  Clock,
  Connection,
  Content,
  HeldWords,
  OwnMark,
  Position,
  Publication,
  Receipt,
  RejectionCode,
  ResetWhy,
  SubscriptionEvent,
} from '@preau/client';
import { isSent, PublishRejected } from '@preau/client';
import { Store } from './store.ts';

/** Publications kept for one channel. More: the oldest leave, and are read from the hub again when asked for. */
export const ENTRIES_MAX = 600;
/** Publications asked for at first, and for each look further back. */
const PAGE = 50;
/** The shortest time between two changes of the list. */
const BATCH_MS = 250;

/** Something of ours that the feed does not show yet. */
export interface Sending {
  readonly messageId: string;
  readonly content: Content;
  /** `held` until the teacher has read it, and `rejected` if it was not let through. */
  readonly stage: 'sending' | 'stored' | 'scheduled' | 'held' | 'rejected' | 'failed';
  /** For a scheduled one: when it will be shown, in school time. */
  readonly deliverAt?: number;
  /** For a held one: where its proposal stands. */
  readonly heldAt?: Position;
  readonly code?: RejectionCode;
  /** Whether the hub may have it all the same. */
  readonly uncertain?: boolean;
}

export interface ChannelView {
  /** What people wrote, withdrew and deleted, and what of a lesson everybody should see passing; questions stand apart. */
  readonly entries: readonly Publication[];
  readonly sending: readonly Sending[];
  readonly following: 'asked' | 'live' | 'behind' | 'ended';
  /** The list was begun anew, and why. Stands until it is read. */
  readonly reset: ResetWhy | undefined;
  readonly earlier: 'some' | 'none' | 'loading' | 'failed';
  /** What came since the channel was last looked at. */
  readonly unread: number;
  readonly paused: boolean;
  readonly heldBack: number;
}

function isOfFeed(publication: Publication): boolean {
  switch (publication.kind) {
    case 'post':
    case 'announcement':
    case 'assignment':
    case 'withdrawal':
    case 'deletion':
      return true;
    case 'lesson':
      return ['started', 'ended', 'poll_opened', 'poll_closed'].includes(publication.body.event);
    default:
      return false;
  }
}

function stageOf(receipt: Receipt): Pick<Sending, 'stage' | 'deliverAt' | 'heldAt'> {
  if ('deliverAt' in receipt) return { stage: 'scheduled', deliverAt: receipt.deliverAt };
  if ('heldAt' in receipt) return { stage: 'held', heldAt: receipt.heldAt };
  return { stage: 'stored' };
}

export interface ChannelParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly name: string;
  /** The account that looks. */
  readonly account: string;
  /** A new message id. */
  readonly newId: () => string;
  /** Told of everything that stands in the channel, once. */
  readonly onPublication?: (publication: Publication) => void;
  readonly onReset?: () => void;
  /** From here on it tells what is new. */
  readonly onFollowed?: () => void;
  /** A mark of the account stands so now; `null` for several. */
  readonly onMarked?: (mark: OwnMark | null) => void;
  /** It is followed no longer, and not by our own wish. */
  readonly onEnded?: () => void;
}

export class ChannelModel {
  readonly name: string;
  readonly view = new Store<ChannelView>({
    entries: [],
    sending: [],
    following: 'asked',
    reset: undefined,
    earlier: 'none',
    unread: 0,
    paused: false,
    heldBack: 0,
  });
  readonly #parts: ChannelParts;
  readonly #leave: Cancel;
  #arrived: Publication[] = [];
  #flushedAt = Number.NEGATIVE_INFINITY;
  #cancel: Cancel | undefined;
  #watched = false;
  /** The hub has said that nothing earlier is left. */
  #isWhole = false;
  #waiting: readonly HeldWords[] = [];

  constructor(parts: ChannelParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.#leave = parts.connection.subscribe(parts.name, { last: PAGE }, (event) => this.#told(event));
  }

  /** Says whether somebody looks at it: then nothing counts as unread. */
  watch(isWatched: boolean): void {
    this.#watched = isWatched;
    if (isWatched) this.view.change({ unread: 0 });
  }

  /** Sends, and shows it as being sent until the feed holds it. */
  send(content: Content): void {
    const messageId = this.#parts.newId();
    const sending = [...this.view.value.sending, { messageId, content, stage: 'sending' as const }];
    this.view.change({ sending });
    this.#publish(messageId, content);
  }

  /** Sends a failed one again under its own name: if the hub has it after all, it is not doubled. */
  retry(messageId: string): void {
    const failed = this.#failed(messageId);
    if (!failed) return;
    this.#stage({ messageId, content: failed.content, stage: 'sending' });
    this.#publish(messageId, failed.content);
  }

  /** Gives up one that failed or was not let through, and returns what it said. */
  discard(messageId: string): Content | undefined {
    const given = this.view.value.sending.find((held) => held.messageId === messageId);
    if (given?.stage !== 'failed' && given?.stage !== 'rejected') return undefined;
    this.#drop(messageId);
    return given.content;
  }

  /** The hub says what of ours waits for the teacher: what this page has not sent itself is shown too, until it waits no more. */
  waits(held: readonly HeldWords[]): void {
    if (held === this.#waiting) return;
    const { sending } = this.view.value;
    const names = (all: readonly HeldWords[]) => all.map(({ message_id }) => message_id);
    const [before, now] = [names(this.#waiting), names(held)];
    this.#waiting = held;
    const isOver = ({ messageId, stage }: Sending) =>
      stage === 'held' && before.includes(messageId) && !now.includes(messageId);
    const known = sending.map(({ messageId }) => messageId);
    const news = held.filter(({ message_id }) => !known.includes(message_id) && !before.includes(message_id));
    if (news.length === 0 && !sending.some(isOver)) return;
    const more = news.map(({ at, kind, text, message_id }) => ({
      messageId: message_id,
      content: { kind, body: { text } },
      stage: 'held' as const,
      heldAt: at,
    }));
    this.view.change({ sending: [...more, ...sending.filter((one) => !isOver(one))] });
  }

  /** There is no lesson: whatever waited for its teacher waits no more. */
  lapsed(): void {
    this.#reject(() => true);
  }

  pause(): void {
    this.view.change({ paused: true });
  }

  resume(): void {
    this.view.change({ paused: false });
    this.#flush();
  }

  /** The reader has seen that the list was begun anew. */
  resetSeen(): void {
    this.view.change({ reset: undefined });
  }

  /** Fetches what came before the first entry. */
  async loadEarlier(): Promise<void> {
    const { entries, earlier } = this.view.value;
    const [first] = entries;
    if (!first || earlier === 'loading' || earlier === 'none') return;
    this.view.change({ earlier: 'loading' });
    try {
      const query = { before: first.position.offset, limit: PAGE };
      const page = await this.#parts.connection.http.history(this.name, query);
      const [now] = this.view.value.entries;
      if (now !== first) return this.view.change({ earlier: this.#earlier(this.view.value.entries) });
      this.#isWhole = !page.more;
      const all = [...page.publications.filter(isOfFeed), ...this.view.value.entries];
      this.view.change({ entries: all, earlier: this.#earlier(all) });
    } catch {
      this.view.change({ earlier: 'failed' });
    }
  }

  close(): void {
    this.#cancel?.();
    this.#leave();
  }

  #told(event: SubscriptionEvent): void {
    switch (event.type) {
      case 'subscribed':
        this.#parts.onFollowed?.();
        return this.view.change({ following: 'live' });
      case 'caught_up':
        return this.view.change({ following: 'live' });
      case 'marked':
        return this.#parts.onMarked?.(event.mark);
      case 'behind':
        return this.view.change({ following: 'behind' });
      case 'ended':
        this.view.change({ following: 'ended' });
        return this.#parts.onEnded?.();
      case 'reset':
        this.#arrived = [];
        this.#isWhole = false;
        this.#parts.onReset?.();
        this.#parts.onFollowed?.();
        return this.view.change({
          entries: [],
          following: 'live',
          reset: event.why,
          earlier: 'none',
          heldBack: 0,
        });
      case 'publication':
        this.#parts.onPublication?.(event.publication);
        this.#judged(event.publication);
        if (!isOfFeed(event.publication)) return;
        this.#arrived.push(event.publication);
        if (this.#arrived.length > ENTRIES_MAX) this.#arrived.shift();
        return this.view.value.paused ? this.#holdBack(event.publication) : this.#schedule();
    }
  }

  /** What became of our own words that are not, or not yet, in the feed. */
  #judged({ kind, body, author, message_id, position }: Publication): void {
    if (kind === 'question' && author === this.#parts.account) return this.#drop(message_id);
    if (kind !== 'lesson' || (body.event !== 'rejected' && body.event !== 'ended')) return;
    // With the lesson, everything goes that still waited.
    const at = body.event === 'rejected' ? body.at.offset : undefined;
    this.#reject(({ heldAt }) =>
      at === undefined ? (heldAt?.offset ?? 0) < position.offset : heldAt?.offset === at,
    );
  }

  #reject(isMeant: (held: Sending) => boolean): void {
    const isRejected = (held: Sending) => held.stage === 'held' && isMeant(held);
    if (!this.view.value.sending.some(isRejected)) return;
    const sending = this.view.value.sending.map((held) =>
      isRejected(held) ? { ...held, stage: 'rejected' as const } : held,
    );
    this.view.change({ sending });
  }

  /** Our own words are never held back: they would look lost. */
  #holdBack(publication: Publication): void {
    if (publication.author === this.#parts.account) this.#flush();
    else this.view.change({ heldBack: this.#arrived.length });
  }

  #schedule(): void {
    if (this.#cancel) return;
    const rest = this.#flushedAt + BATCH_MS - this.#parts.clock.now();
    this.#cancel = this.#parts.clock.after(Math.max(0, rest), () => this.#flush());
  }

  #flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#flushedAt = this.#parts.clock.now();
    const arrived = this.#arrived;
    this.#arrived = [];
    const { account } = this.#parts;
    const all = [...this.view.value.entries, ...arrived];
    const entries = all.slice(-ENTRIES_MAX);
    if (entries.length < all.length) this.#isWhole = false;
    const ours = new Set(
      arrived.flatMap(({ author, message_id }) => (author === account ? [message_id] : [])),
    );
    const others = arrived.filter((entry) => isSent(entry) && entry.author !== account).length;
    const sending = this.view.value.sending.filter(({ messageId }) => !ours.has(messageId));
    this.view.change({
      entries,
      sending,
      earlier: this.#earlier(entries),
      unread: this.#watched ? 0 : this.view.value.unread + others,
      heldBack: 0,
    });
  }

  #earlier(entries: readonly Publication[]): ChannelView['earlier'] {
    const [first] = entries;
    const isFull = entries.length >= ENTRIES_MAX;
    return first && first.position.offset > 1 && !this.#isWhole && !isFull ? 'some' : 'none';
  }

  #publish(messageId: string, content: Content): void {
    this.#parts.connection.publish(this.name, content, { messageId }).then(
      (receipt) => this.#stage({ messageId, content, ...stageOf(receipt) }),
      (error: unknown) => {
        const { code, uncertain } =
          error instanceof PublishRejected ? error : { code: 'internal', uncertain: true };
        this.#stage({ messageId, content, stage: 'failed', code, uncertain });
      },
    );
  }

  /** The feed may have shown it already, and then there is nothing to change. */
  #stage(next: Sending): void {
    const sending = this.view.value.sending.map((held) => (held.messageId === next.messageId ? next : held));
    this.view.change({ sending });
  }

  #failed(messageId: string): Sending | undefined {
    return this.view.value.sending.find((held) => held.messageId === messageId && held.stage === 'failed');
  }

  #drop(messageId: string): void {
    const sending = this.view.value.sending.filter((held) => held.messageId !== messageId);
    this.view.change({ sending });
  }
}
