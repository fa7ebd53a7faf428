/** The words about a student's family in English. */

import type { FamilyWords } from './fr-family.ts';

export const familyWords: FamilyWords = {
  title: 'You are of age',
  goesOn: 'My parents get the news of my schooling',
  note: 'If you untick this, evening summaries and messages about you no longer reach them. They keep what is written to the whole school.',
  saved: 'Saved, and in force from now on.',
  failed: 'Your choice could not be saved. Try again.',
};
