/** The words of the desk: they come with it, once somebody goes there. */

import { deskWords as en } from './en-desk.ts';
import { deskWords as fr, type DeskWords } from './fr-desk.ts';
import type { Language } from './index.ts';

export const DESK_WORDS: Readonly<Record<Language, DeskWords>> = { fr, en };
