/** The words of logging in: they come with the page that needs them. */

import { loginWords as en } from './en-login.ts';
import { loginWords as fr, type LoginWords } from './fr-login.ts';
import type { Language } from './index.ts';

export const LOGIN_WORDS: Readonly<Record<Language, LoginWords>> = { fr, en };
