/** What a feed shows of lessons between the words of people: that one began, that it ended, what a poll came to. */

import type { Poll, Publication } from '@preau/client';

export type Moment = {
  readonly key: string;
  readonly channel: string;
  /** School time in milliseconds since 1970. */
  readonly at: number;
} & (
  | { readonly name: 'started'; readonly title: string }
  | { readonly name: 'ended' }
  /** `counts` if they may be seen. */
  | { readonly name: 'poll'; readonly poll: Poll; readonly counts: readonly number[] | undefined }
);

/** The moments among publications, in their order. */
export function momentsOf(publications: Iterable<Publication>): Moment[] {
  const polls = new Map<string, Poll>();
  const moments: Moment[] = [];
  for (const { kind, body, channel, position, published_at: at } of publications) {
    if (kind !== 'lesson') continue;
    const key = `${channel} ${position.epoch} ${position.offset}`;
    if (body.event === 'started') moments.push({ key, channel, at, name: 'started', title: body.title });
    if (body.event === 'ended') moments.push({ key, channel, at, name: 'ended' });
    if (body.event === 'poll_opened') polls.set(`${channel} ${body.poll}`, body);
    const poll = body.event === 'poll_closed' && polls.get(`${channel} ${body.poll}`);
    if (poll && body.event === 'poll_closed')
      moments.push({ key, channel, at, name: 'poll', poll, counts: body.counts });
  }
  return moments;
}
