/** The words of digests: they come with them, for those who get some. */

import { digestWords as en } from './en-digest.ts';
import { digestWords as fr, type DigestWords } from './fr-digest.ts';
import type { Language } from './index.ts';

export const DIGEST_WORDS: Readonly<Record<Language, DigestWords>> = { fr, en };
