/** Several channels as one list, in the order of time without disturbing any channel's own order. */

import type { Publication } from '@preau/client';
import type { ChannelModel } from './channel.ts';
import { Store, type Readable } from './store.ts';

/** Merges lists that are each in their channel's order: of the first ones, the earliest goes next. */
export function merge(lists: readonly (readonly Publication[])[]): Publication[] {
  const heads = lists.map(() => 0);
  const merged: Publication[] = [];
  for (;;) {
    let best = -1;
    for (const [index, list] of lists.entries()) {
      const candidate = list[heads[index] ?? 0];
      const champion = best < 0 ? undefined : lists[best]?.[heads[best] ?? 0];
      if (candidate && (!champion || candidate.published_at < champion.published_at)) best = index;
    }
    const next = lists[best]?.[heads[best] ?? 0];
    if (!next) return merged;
    merged.push(next);
    heads[best] = (heads[best] ?? 0) + 1;
  }
}

/** The merged entries of some channels, watched only while somebody watches them. */
export function streamOf(channels: readonly ChannelModel[]): Readable<readonly Publication[]> {
  return {
    subscribe(listener) {
      const lists = channels.map(({ view }) => view.value.entries);
      const merged = new Store<readonly Publication[]>(merge(lists));
      let isReady = false;
      const stops = channels.map(({ view }, index) =>
        view.subscribe(({ entries }) => {
          if (lists[index] === entries && isReady) return;
          lists[index] = entries;
          if (isReady) merged.set(merge(lists));
        }),
      );
      isReady = true;
      const stop = merged.subscribe(listener);
      return () => {
        stop();
        for (const end of stops) end();
      };
    },
  };
}
