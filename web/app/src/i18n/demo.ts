/** The words of a demo's clock: they come with the clock. */

import { demoWords as en } from './en-demo.ts';
import { demoWords as fr, type DemoWords } from './fr-demo.ts';
import type { Language } from './index.ts';

export const DEMO_WORDS: Readonly<Record<Language, DemoWords>> = { fr, en };
