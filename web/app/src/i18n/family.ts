/** The words about a student's family: they come with the page of whoever is of age. */

import { familyWords as en } from './en-family.ts';
import { familyWords as fr, type FamilyWords } from './fr-family.ts';
import type { Language } from './index.ts';

export const FAMILY_WORDS: Readonly<Record<Language, FamilyWords>> = { fr, en };
