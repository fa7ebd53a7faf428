/** Roles and places in words. */

import type { OperationsWords } from '../../i18n/operations.ts';
import type { Place } from '../../state/operations/moment.ts';

export function roleName(say: OperationsWords, role: string): string {
  return (say.roles as Readonly<Record<string, string>>)[role] ?? role;
}

export function placeOf(say: OperationsWords, place: Place): string {
  return 'class' in place ? say.decisions.class(place.class) : say.decisions.school(place.school);
}
