/**
 * An announcement or assignment that is being written: where it goes, for whom, when; how many that is; and its sending.
 *
 * Nothing is sent before the number of people is known for exactly what stands in the form. A failed sending keeps its name,
 * so that sending it again does not double it.
 */

import {
  bodyProblem,
  HubProblem,
  type BodyProblem,
  type Cancel,
  type Item,
  type ItemContent,
  type ItemKind,
  type Lateness,
  type Places,
  type Reach,
  type ReceiptBy,
  type Role,
  type Terms,
} from '@preau/client';
import type { Place } from './places.ts';
import type { Room } from './room.ts';
import { civil, momentOf } from './school-clock.ts';
import { Store } from './store.ts';

/** Between a change and the question how many people it is for. */
const REACH_MS = 300;

export interface ItemDraft {
  readonly places: readonly string[];
  readonly audience: readonly Role[];
  readonly title: string;
  readonly text: string;
  /** The second language, or nothing. */
  readonly language: string;
  readonly otherTitle: string;
  readonly otherText: string;
  /** Civil minutes of the school; empty for none. */
  readonly publishAt: string;
  readonly expiresAt: string;
  readonly receipt: ReceiptBy | 'none';
  readonly names: boolean;
  readonly urgent: boolean;
  readonly reason: string;
  readonly due: string;
  readonly subject: string;
  /** One address per line. */
  readonly links: string;
}

/** Why a form can't be sent. */
export type FormProblem =
  | { readonly rule: 'places' | 'audience' | 'reason' | 'other' | 'past' | 'expired' }
  | (BodyProblem & { readonly of: 'body' });

export interface ItemFormView {
  readonly draft: ItemDraft;
  /** For what stands in the form now; nothing while it is being asked. */
  readonly reach: Reach | undefined;
  readonly reachFailed: boolean;
  /** What is sent now would come out of school time. */
  readonly late: Lateness | undefined;
  readonly problem: FormProblem | undefined;
  readonly sending: 'no' | 'sending' | 'failed';
  /** The hub's word, for a failed one. */
  readonly code: string;
}

/** What a form begins with: nothing, an item to be changed, or one that was taken back to be sent at another time. */
export type Begun =
  | { readonly kind: ItemKind }
  | { readonly item: Item }
  | { readonly again: Item; readonly publishAt: number };

type Sent = (what: 'sent' | 'scheduled' | 'edited', item: Item) => void;

const ROLES_OF: Readonly<Partial<Record<Role, readonly Role[]>>> = {
  teacher: ['student', 'guardian'],
  staff: ['teacher', 'student', 'guardian', 'staff'],
  operator: ['teacher', 'student', 'guardian', 'staff'],
};

export class ItemFormModel {
  readonly kind: ItemKind;
  /** What is being edited, if it is not new. */
  readonly item: Item | undefined;
  /** Where it may go. */
  readonly places: readonly Place[];
  /** For whom it may be. */
  readonly roles: readonly Role[];
  readonly mayBeUrgent: boolean;
  readonly view: Store<ItemFormView>;
  readonly #room: Room;
  readonly #id: string;
  readonly #sent: Sent;
  #asked = 0;
  #cancel: Cancel = () => undefined;

  constructor(room: Room, what: Begun, sent: Sent) {
    this.#room = room;
    this.#sent = sent;
    this.item = 'item' in what ? what.item : undefined;
    this.kind = 'item' in what ? what.item.kind : 'again' in what ? what.again.kind : what.kind;
    this.#id = this.item?.id ?? room.environment.chance.id();
    const { role } = room.me;
    this.places = room.places.filter(({ writes }) => writes.includes(this.kind));
    this.roles = ROLES_OF[role] ?? [];
    this.mayBeUrgent =
      this.kind === 'announcement' && !this.item && (role === 'staff' || role === 'operator');
    const draft = this.item
      ? draftOf(this.item, room.zone)
      : 'again' in what
        ? this.#again(what)
        : this.#empty();
    this.view = new Store<ItemFormView>({
      draft,
      reach: undefined,
      reachFailed: false,
      late: undefined,
      problem: undefined,
      sending: 'no',
      code: '',
    });
    this.#count(0);
  }

  change(part: Partial<ItemDraft>): void {
    this.view.change({ draft: { ...this.view.value.draft, ...part }, problem: undefined, sending: 'no' });
    if ('places' in part || 'audience' in part || 'receipt' in part) this.#count(REACH_MS);
  }

  /** Adds a place or a role, or takes it away. */
  toggle<Field extends 'places' | 'audience'>(field: Field, value: ItemDraft[Field][number]): void {
    const held: readonly string[] = this.view.value.draft[field];
    const all: readonly string[] = field === 'places' ? this.places.map(({ id }) => id) : this.roles;
    const isIn = held.includes(value);
    this.change({ [field]: all.filter((one) => (one === value ? !isIn : held.includes(one))) });
  }

  /** Takes the hour that the hub offers for work that would come late. */
  publishLater(): void {
    const at = this.view.value.late?.publish_at ?? undefined;
    if (at !== undefined) this.change({ publishAt: civil(at, this.#room.zone) });
  }

  /** Sends it, or says what is missing. */
  async submit(): Promise<void> {
    const { draft, reach, sending } = this.view.value;
    if (sending === 'sending') return;
    const problem = this.#problem(draft);
    if (problem) return this.view.change({ problem });
    if (!reach) return this.#count(0);
    this.view.change({ sending: 'sending' });
    try {
      const content = this.#contentOf(draft);
      const { items } = this.#room;
      const sent = this.item
        ? await items.edit(this.#id, this.item.version, content)
        : await items.compose(this.#id, content, this.#termsOf(draft));
      this.#cancel();
      const waits = sent.copies?.length && sent.copies.every(({ deliver_at }) => deliver_at !== undefined);
      this.#sent(this.item ? 'edited' : waits ? 'scheduled' : 'sent', sent);
    } catch (error) {
      this.view.change({ sending: 'failed', code: error instanceof HubProblem ? error.code : '' });
    }
  }

  #empty(): ItemDraft {
    // Where there is but one place, it is meant; otherwise the one from which somebody came to write.
    const [only, ...others] = this.places;
    const from = this.places.find(({ id }) => id === this.#room.deskFor);
    const place = others.length === 0 ? only : from;
    return {
      places: place ? [place.id] : [],
      audience: this.roles.filter((role) => role === 'student' || role === 'guardian'),
      title: '',
      text: '',
      language: '',
      otherTitle: '',
      otherText: '',
      publishAt: '',
      expiresAt: '',
      receipt: 'none',
      names: false,
      urgent: false,
      reason: '',
      due: '',
      subject: '',
      links: '',
    };
  }

  #again({ again, publishAt }: Extract<Begun, { readonly again: Item }>): ItemDraft {
    const { zone } = this.#room;
    return { ...draftOf(again, zone), publishAt: civil(publishAt, zone) };
  }

  #problem(draft: ItemDraft): FormProblem | undefined {
    if (draft.places.length === 0) return { rule: 'places' };
    if (draft.audience.length === 0) return { rule: 'audience' };
    const content = this.#contentOf(draft);
    const body = bodyProblem(content.kind, content.body);
    if (body) return { ...body, of: 'body' };
    if (draft.urgent && draft.reason.trim() === '') return { rule: 'reason' };
    if (draft.language !== '' && (draft.otherTitle.trim() === '' || draft.otherText.trim() === '')) {
      return { rule: 'other' };
    }
    const { ms } = this.#room.clock.now;
    const now = ms === undefined ? '' : civil(ms, this.#room.zone);
    if (draft.publishAt !== '' && draft.publishAt <= now) return { rule: 'past' };
    const begins = draft.publishAt === '' ? now : draft.publishAt;
    if (draft.expiresAt !== '' && draft.expiresAt <= begins) return { rule: 'expired' };
    return undefined;
  }

  #contentOf(draft: ItemDraft): ItemContent {
    const { title, text } = draft;
    if (this.kind === 'assignment') {
      const links = draft.links
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
      return { kind: 'assignment', body: { title, text, due: draft.due, subject: draft.subject, links } };
    }
    const { language, otherTitle, otherText, receipt, names } = draft;
    return {
      kind: 'announcement',
      body: {
        title,
        text,
        ...momentIn('expires_at', draft.expiresAt, this.#room.zone),
        ...(language === '' ? {} : { translations: { [language]: { title: otherTitle, text: otherText } } }),
        ...(receipt === 'none' ? {} : { receipt, ...(names ? { names } : {}) }),
      },
    };
  }

  #termsOf(draft: ItemDraft): Terms {
    const { urgent, reason, publishAt } = draft;
    const later = momentIn('publish_at', publishAt, this.#room.zone);
    return { ...whereOf(draft), ...(urgent ? { urgent: { reason } } : later) };
  }

  /** Asks how many people it is for, once the form rests. */
  #count(ms: number): void {
    this.#cancel();
    const asked = (this.#asked += 1);
    this.view.change({ reach: undefined, reachFailed: false });
    const { draft } = this.view.value;
    const [place] = draft.places;
    if (place === undefined || draft.audience.length === 0) return;
    this.#cancel = this.#room.environment.clock.after(ms, () => {
      const { items } = this.#room;
      const { receipt } = draft;
      const question = { kind: this.kind, ...whereOf(draft), ...(receipt === 'none' ? {} : { receipt }) };
      items.reach(question).then(
        (reach) => asked === this.#asked && this.view.change({ reach }),
        () => asked === this.#asked && this.view.change({ reachFailed: true }),
      );
      // Advice: without it the form goes on.
      items.lateness(place).then(
        (late) => asked === this.#asked && this.view.change({ late }),
        () => undefined,
      );
    });
  }
}

function whereOf({ places, audience }: ItemDraft): Places {
  return { places, audience };
}

function momentIn<Name extends string>(
  name: Name,
  minute: string,
  zone: string,
): { readonly [N in Name]?: number } {
  return (minute === '' ? {} : { [name]: momentOf(minute, zone) }) as { readonly [N in Name]?: number };
}

function draftOf({ places, audience, body }: Item, zone: string): ItemDraft {
  const minute = (ms: number | undefined) => (ms === undefined ? '' : civil(ms, zone));
  const notice = 'due' in body ? undefined : body;
  const work = 'due' in body ? body : undefined;
  const [language = '', wording] = Object.entries(notice?.translations ?? {})[0] ?? [];
  return {
    places,
    audience,
    title: body.title,
    text: body.text,
    language,
    otherTitle: wording?.title ?? '',
    otherText: wording?.text ?? '',
    publishAt: '',
    expiresAt: minute(notice?.expires_at),
    receipt: notice?.receipt ?? 'none',
    names: notice?.names ?? false,
    urgent: false,
    reason: '',
    due: work?.due ?? '',
    subject: work?.subject ?? '',
    links: (work?.links ?? []).join('\n'),
  };
}
