/** Roles and places in words. */

import type { OperationsWords } from '../../i18n/operations.ts';
import type { Place } from '../../state/operations/moment.ts';

export function roleName(say: OperationsWords, role: string): string {
  return (say.roles as Readonly<Record<string, string>>)[role] ?? role;
}

export function placeOf(say: OperationsWords, place: Place): string {
  return 'class' in place ? say.decisions.class(place.class) : say.decisions.school(place.school);
}

/** Where an act of the audit log holds, as the hub writes it. */
export function scopeName(say: OperationsWords, scope: string): string {
  const [word = '', ...rest] = scope.split(' ');
  if (word === 'hub') return say.journal.scopeHub;
  const known = say.journal.scopes[word];
  if (known && rest.length > 0) return known(rest.join(' '));
  const school = rest[0] === 'of' ? ` · ${rest.slice(1).join(' ')}` : '';
  return `${roleName(say, word)}${school}`;
}
