/**
 * Where an account reads and writes: its classes, its school, its own channel. A place is one channel, or several read as
 * one stream. The hub decides what is allowed; this only leaves out the forms that it would refuse.
 */

import type { SentKind, Me, Role } from '@preau/client';

export type PlaceKind =
  | 'stream'
  | 'class'
  | 'group'
  | 'level'
  | 'school'
  | 'bulletin'
  | 'region'
  | 'region_bulletin'
  | 'account'
  | 'desk';

export interface Place {
  readonly id: string;
  readonly kind: PlaceKind;
  /** What the roster calls it; empty where the page has a word of its own. */
  readonly title: string;
  /** The school, where the account has several. */
  readonly school: string;
  readonly subject: string;
  readonly channels: readonly string[];
  /** What may be written here, the usual kind first; empty for a place to read. */
  readonly writes: readonly SentKind[];
}

/** The kinds that a role may write in a channel. */
export function writesOf(role: Role, channel: string): readonly SentKind[] {
  const kind = channel.split(':')[0];
  switch (role) {
    case 'teacher':
      return kind === 'class' ? ['post', 'announcement', 'assignment'] : [];
    case 'student':
      return kind === 'class' ? ['post'] : [];
    case 'staff':
      return kind === 'school' || kind === 'level' || (kind === 'bulletin' && channel !== 'bulletin:region')
        ? ['announcement']
        : [];
    case 'operator':
      return kind === 'account' ? [] : ['announcement'];
    case 'guardian':
      return [];
  }
}

function kindOf(channel: string, me: Me): PlaceKind {
  const [kind] = channel.split(':');
  if (channel === 'bulletin:region') return 'region_bulletin';
  if (kind === 'class') {
    const room = me.classes.find((candidate) => candidate.channel === channel);
    return room?.kind === 'scheduled' ? 'group' : 'class';
  }
  return (['level', 'school', 'bulletin', 'account'] as const).find((known) => known === kind) ?? 'region';
}

/** One channel as a place. */
export function placeOf(channel: string, me: Me): Place {
  const id = channel.slice(channel.indexOf(':') + 1);
  const room = me.classes.find((candidate) => candidate.channel === channel);
  const school = me.schools.find((candidate) => candidate.id === id.split('/')[0]);
  const kind = kindOf(channel, me);
  // What a school has one of bears the word of the page; the school is named where there are several.
  const schoolName = me.schools.length > 1 ? (school?.name ?? id) : '';
  const titles: Partial<Record<PlaceKind, string>> = {
    class: room?.title ?? id,
    group: room?.title ?? id,
    level: id.split('/')[1] ?? id,
  };
  const writes = writesOf(me.role, channel);
  return {
    id: channel,
    kind,
    title: titles[kind] ?? '',
    school: schoolName,
    subject: room?.subject ?? '',
    channels: [channel],
    writes,
  };
}

const ORDER: readonly PlaceKind[] = [
  'stream',
  'class',
  'group',
  'school',
  'level',
  'bulletin',
  'region',
  'region_bulletin',
  'account',
  'desk',
];

/** The places of an account, in the order in which they are listed. */
export function placesOf(me: Me, channels: readonly string[]): Place[] {
  const places = channels
    .map((channel) => placeOf(channel, me))
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.title.localeCompare(b.title));
  const { role } = me;
  const isReader = role === 'student' || role === 'guardian';
  const virtual = { title: '', school: '', subject: '', writes: [] };
  // A guardian's own channel is the first: the digests stand there.
  if (role === 'guardian') places.sort((a, b) => Number(b.kind === 'account') - Number(a.kind === 'account'));
  if (role === 'student' && places.length > 1) {
    return [{ id: 'stream', kind: 'stream', channels, ...virtual }, ...places];
  }
  const sends = !isReader && places.some(({ writes }) => writes.some((kind) => kind !== 'post'));
  return sends ? [...places, { id: 'desk', kind: 'desk', channels: [], ...virtual }] : places;
}
