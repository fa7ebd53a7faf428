/**
 * The state of the line in words that a pupil understands: what happens, what is kept, what to do.
 *
 * The words themselves are in `i18n`; this decides which of them are true.
 */

import type { Cause, Connection } from '@preau/client';
import { Store } from './store.ts';

/** Why there is no line, as far as it changes what a person is told. */
export type Trouble =
  | 'lost'
  | 'restarting'
  | 'full'
  | 'failed'
  | 'logged_out'
  | 'revoked'
  | 'abuse'
  | 'outdated'
  | 'refused'
  | 'left'
  | 'elsewhere'
  | 'kicked';

export type LineView =
  | { readonly name: 'connecting' }
  | { readonly name: 'live' }
  /** At the door, in its own view. */
  | { readonly name: 'queued' | 'suspended' }
  /** No WebSocket passes: so many feeds are not followed, and nothing can be written. */
  | { readonly name: 'reading'; readonly leftOut: number }
  | { readonly name: 'reconnecting'; readonly trouble: Trouble }
  /** `until` is a moment of the environment's clock. */
  | { readonly name: 'waiting'; readonly trouble: Trouble; readonly until: number }
  | { readonly name: 'closed'; readonly trouble: Trouble };

const BY_WORD: Readonly<Record<string, Trouble>> = {
  draining: 'restarting',
  overloaded: 'full',
  evicted: 'full',
  lease_ended: 'full',
  replaced: 'elsewhere',
  kicked: 'kicked',
  internal: 'failed',
  revoked: 'revoked',
  abuse: 'abuse',
  token_expired: 'logged_out',
  protocol_error: 'outdated',
  not_text: 'outdated',
  not_utf8: 'outdated',
  too_big: 'outdated',
};

const BY_CODE: Readonly<Record<string, Trouble>> = {
  draining: 'restarting',
  busy: 'full',
  closed: 'full',
  cool_down: 'elsewhere',
  kicked: 'kicked',
  rate_limited: 'full',
  unknown_account: 'revoked',
  not_allowed: 'refused',
  token_missing: 'logged_out',
  token_invalid: 'logged_out',
  token_expired: 'logged_out',
};

/** What a person is told about a cause. */
export function troubleOf(cause: Cause): Trouble {
  switch (cause.kind) {
    case 'asked':
      return 'left';
    case 'logged_out':
      return 'logged_out';
    case 'closed_by_hub':
      return BY_WORD[cause.word ?? ''] ?? 'lost';
    case 'problem':
      return BY_CODE[cause.code] ?? (cause.status >= 500 ? 'failed' : 'refused');
    case 'unreadable':
      return 'outdated';
    case 'unreachable':
    case 'silent':
      return 'lost';
  }
}

/** The line's state; after a break it is not shown as new. */
export function lineOf(connection: Connection): { readonly view: Store<LineView>; stop(): void } {
  const view = new Store<LineView>({ name: 'connecting' });
  let trouble: Trouble | undefined;
  const stop = connection.onState((state) => {
    switch (state.name) {
      case 'idle':
      case 'connecting':
        return view.set(trouble === undefined ? { name: 'connecting' } : { name: 'reconnecting', trouble });
      case 'live':
        trouble = undefined;
        return view.set({ name: 'live' });
      case 'queued':
      case 'suspended':
        trouble = undefined;
        return view.set({ name: state.name });
      case 'reading':
        trouble = undefined;
        return view.set({ name: 'reading', leftOut: state.leftOut });
      case 'waiting':
        trouble = troubleOf(state.cause);
        return view.set({ name: 'waiting', trouble, until: state.until });
      case 'closed':
        return view.set({ name: 'closed', trouble: troubleOf(state.cause) });
    }
  });
  return { view, stop };
}
