/**
 * Folds publications into items: each once, wherever its copies came from, in the version that holds.
 *
 * Pure: the same publications give the same items, in whichever order they are given.
 */

import type { Position, Publication, SentPublication } from './messages.ts';
import { isSent } from './said.ts';

/** Something that somebody sent: an item, or a publication of none. */
export interface Folded {
  /** The same for as long as it is shown, whatever happens to it. */
  readonly key: string;
  /** The copy of the version that holds. */
  readonly publication: SentPublication;
  /** When and where it was first seen: its place in a list. */
  readonly first: SentPublication;
  /** Whether it once said something else. */
  readonly isChanged: boolean;
  readonly isWithdrawn: boolean;
  /** Taken away by its author or a teacher: what is left of its words is no word. */
  readonly isDeleted: boolean;
}

/** The item that a publication belongs to, if to any. */
export function itemOf({ body }: Publication): string | undefined {
  return 'item' in body ? body.item : undefined;
}

function versionOf({ body }: SentPublication): number {
  return 'version' in body ? (body.version ?? 1) : 1;
}

function keyOf(publication: Publication): string {
  const item = itemOf(publication);
  const { channel, position } = publication;
  return item === undefined ? placeKey(channel, position) : `item ${item}`;
}

function placeKey(channel: string, { epoch, offset }: Position): string {
  return `${channel} ${epoch} ${offset}`;
}

/** Whether it says nothing any more at a moment of school time. */
export function isExpired({ kind, body }: Publication, now: number | undefined): boolean {
  if (kind !== 'announcement' || body.expires_at === undefined || now === undefined) return false;
  return body.expires_at <= now;
}

/**
 * The items in the order in which they were first published; without those that have expired by `now`. What
 * was withdrawn or deleted stays in its place, so that it can be said that it is gone.
 */
export function fold(publications: Iterable<Publication>, now?: number): Folded[] {
  const withdrawn = new Set<string>();
  const deleted = new Set<string>();
  const held = new Map<string, { first: SentPublication; last: SentPublication }>();
  for (const publication of publications) {
    const key = keyOf(publication);
    if (publication.kind === 'withdrawal') withdrawn.add(key);
    if (publication.kind === 'deletion') deleted.add(placeKey(publication.channel, publication.body.at));
    if (!isSent(publication)) continue;
    const known = held.get(key);
    if (!known) held.set(key, { first: publication, last: publication });
    else if (versionOf(publication) > versionOf(known.last)) known.last = publication;
    else if (publication.published_at < known.first.published_at) known.first = publication;
  }
  return [...held].flatMap(([key, { first, last }]) => {
    const isWithdrawn = withdrawn.has(key);
    if (!isWithdrawn && isExpired(last, now)) return [];
    const isDeleted = deleted.has(key);
    return [{ key, publication: last, first, isChanged: versionOf(last) > 1, isWithdrawn, isDeleted }];
  });
}
