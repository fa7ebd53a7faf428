/** Waiting with an end: what has not answered in time has failed. */

import type { Clock } from './environment.ts';
import { HubUnreachable } from './problem.ts';

/** The outcome of `promise`, or `HubUnreachable` after `ms`. A later outcome is dropped. */
export function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new HubUnreachable('no answer in time')));
    promise.then(resolve, reject).finally(cancel);
  });
}
