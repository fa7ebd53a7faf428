/** Logging in from the page that a browser is at. */

import type { Environment } from '@preau/client';
import { enterBy } from '../state/login.ts';
import type { School } from '../state/school.ts';
import { visit } from './address.ts';

export function enter(school: School, environment: Environment): Promise<void> {
  return enterBy(school, environment, visit);
}
