/** Who plays: found among the demo's accounts by what the hub says of them, so no name is written here. */

import type { Me } from '@preau/client';

export interface Player {
  readonly account: string;
  readonly name: string;
  readonly me: Me;
}

export interface Cast {
  readonly teacher: Player;
  /** A pupil of the lesson's class. */
  readonly pupil: Player;
  /** A pupil who has nothing to do with it. */
  readonly stranger: Player;
  readonly guardian: Player;
  readonly staff: Player;
  /** The lesson's class. */
  readonly channel: string;
  readonly title: string;
}

async function json(url: string, options: RequestInit = {}): Promise<unknown> {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function meet(hub: string, account: string): Promise<Me> {
  const { token } = (await json(`${hub}/v1/demo/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ account }),
  })) as { token: string };
  return (await json(`${hub}/v1/me`, { headers: { authorization: `Bearer ${token}` } })) as Me;
}

export async function cast(hub: string): Promise<Cast> {
  const { accounts } = (await json(`${hub}/v1/demo`)) as { accounts: { account: string; name: string }[] };
  const players = await Promise.all(
    accounts.map(async ({ account, name }) => ({ account, name, me: await meet(hub, account) })),
  );
  const find = (what: string, fits: (player: Player) => boolean): Player => {
    const found = players.find(fits);
    if (!found) throw new Error(`the demo has no account to try that is ${what}`);
    return found;
  };
  const role = (wanted: Me['role']) => find(`a ${wanted}`, ({ me }) => me.role === wanted);
  const teacher = role('teacher');
  const attends = ({ me }: Player, channel: string) => me.channels.includes(channel);
  const pupils = players.filter(({ me }) => me.role === 'student');
  const lesson = teacher.me.classes.find(
    ({ channel }) =>
      pupils.some((pupil) => attends(pupil, channel)) && !pupils.every((pupil) => attends(pupil, channel)),
  );
  if (!lesson) throw new Error('the demo needs a pupil of the teacher’s class, and one who is not');
  const { channel, title } = lesson;
  return {
    teacher,
    channel,
    title,
    pupil: find('a pupil of the class', (player) => player.me.role === 'student' && attends(player, channel)),
    stranger: find(
      'a pupil of another class',
      (player) => player.me.role === 'student' && !attends(player, channel),
    ),
    guardian: role('guardian'),
    staff: role('staff'),
  };
}
