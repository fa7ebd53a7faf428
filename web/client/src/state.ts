/** Where a connection stands, and why it is not live. `until` is always a moment of the environment's clock. */

import type { LoadLevel, Welcome } from './messages.ts';

/** Why there is no connection. */
export type Cause =
  | { readonly kind: 'asked' }
  | { readonly kind: 'closed_by_hub'; readonly number: number; readonly word: string | undefined }
  | { readonly kind: 'problem'; readonly status: number; readonly code: string }
  /** There is no token to be had without logging in again. */
  | { readonly kind: 'logged_out' }
  /** Nobody answered, or the line broke. */
  | { readonly kind: 'unreachable' }
  /** The line was open and nothing came through it. */
  | { readonly kind: 'silent' }
  /** The hub said something that this client can't read or place. */
  | { readonly kind: 'unreadable' };

/** Where a connection stands. */
export type ConnectionState =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting'; readonly step: 'seat' | 'socket'; readonly attempt: number }
  | { readonly name: 'live'; readonly welcome: Welcome }
  | { readonly name: 'waiting'; readonly until: number; readonly attempt: number; readonly cause: Cause }
  /** In the waiting room: it asks again at `until` and enters by itself. */
  | {
      readonly name: 'queued';
      /** About how many come before, as the hub estimates. */
      readonly ahead: number;
      readonly until: number;
      readonly load: LoadLevel;
    }
  /** Outside the hours of this role: it comes in by itself at `until`, and asks nothing before. */
  | {
      readonly name: 'suspended';
      /** School time in milliseconds since 1970, if the hub knows it. */
      readonly opensAt: number | undefined;
      readonly until: number;
    }
  /** No WebSocket passes: some channels are read over HTTP, nothing can be written. */
  | {
      readonly name: 'reading';
      /** Channels that are read. */
      readonly followed: number;
      /** Channels that are not: more than there are streams for. */
      readonly leftOut: number;
    }
  /** For good. */
  | { readonly name: 'closed'; readonly cause: Cause };

/** Whether nobody answered: neither the hub nor we ended it. */
export function isUnheard({ kind }: Cause): boolean {
  return kind === 'unreachable' || kind === 'silent';
}
