/** The words of writing: they come with the first form, class or list of work that is shown. */

import { writingWords as en } from './en-writing.ts';
import { writingWords as fr, type WritingWords } from './fr-writing.ts';
import type { Language } from './index.ts';

export const WRITING_WORDS: Readonly<Record<Language, WritingWords>> = { fr, en };
