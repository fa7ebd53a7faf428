/** The words of lessons: they come with the class that is opened. */

import { lessonWords as en } from './en-lesson.ts';
import { lessonWords as fr, type LessonWords } from './fr-lesson.ts';
import type { Language } from './index.ts';

export const LESSON_WORDS: Readonly<Record<Language, LessonWords>> = { fr, en };
