/** The words of the operators' dashboard. */

import { operationsWords as en } from './en-operations.ts';
import { operationsWords as fr, type OperationsWords } from './fr-operations.ts';
import type { Language } from './index.ts';

export type { OperationsWords };
export const OPERATIONS_WORDS: Readonly<Record<Language, OperationsWords>> = { fr, en };
