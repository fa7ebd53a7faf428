/** Who plays: found among the demo's accounts, so no name is written here. */

import type { ClassPeople, Me } from '@preau/client';

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
  /** A guardian of somebody whom the teacher teaches. */
  readonly parent: Player;
  readonly staff: Player;
  readonly operator: Player;
  /** The lesson's class. */
  readonly channel: string;
  readonly title: string;
}

interface DemoAccount {
  readonly account: string;
  readonly name: string;
  /** What the classes are called that it teaches or attends, or its children do. */
  readonly classes: readonly string[];
}

export async function json(url: string, options: RequestInit = {}): Promise<unknown> {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

export async function tokenOf(hub: string, account: string): Promise<string> {
  const { token } = (await json(`${hub}/v1/demo/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ account }),
  })) as { token: string };
  return token;
}

export async function meet(hub: string, account: string): Promise<Me> {
  const token = await tokenOf(hub, account);
  return (await json(`${hub}/v1/me`, { headers: { authorization: `Bearer ${token}` } })) as Me;
}

/** The cast of the demo at this address. */
export async function cast(hub: string): Promise<Cast> {
  const { accounts } = (await json(`${hub}/v1/demo`)) as { accounts: DemoAccount[] };
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
  const lessonOf = ({ me }: Player) =>
    teacher.me.classes.find(({ channel }) => me.role === 'student' && me.channels.includes(channel));
  const pupil = find('a pupil of its teacher', (player) => lessonOf(player) !== undefined);
  const stranger = find(
    'a pupil whom its teacher does not teach',
    (player) => player.me.role === 'student' && lessonOf(player) === undefined,
  );
  const { channel, title } = lessonOf(pupil)!;
  const taught = teacher.me.classes.map((room) => room.title);
  const parents = accounts.filter(({ classes }) => classes.some((room) => taught.includes(room)));
  const parent = find(
    'a guardian of somebody whom its teacher teaches',
    ({ account, me }) => me.role === 'guardian' && parents.some((one) => one.account === account),
  );
  return {
    teacher,
    pupil,
    stranger,
    guardian: role('guardian'),
    parent,
    staff: role('staff'),
    operator: role('operator'),
    channel,
    title,
  };
}

/** Other pupils of the lesson's class, also those whom the entrance does not offer. */
export async function classmatesOf(
  hub: string,
  { teacher, pupil, channel }: Cast,
  count: number,
): Promise<{ readonly account: string; readonly name: string }[]> {
  const token = await tokenOf(hub, teacher.account);
  const path = `/v1/classes/${encodeURIComponent(channel.slice('class:'.length))}/people`;
  const { people } = (await json(`${hub}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  })) as ClassPeople;
  return people
    .filter(({ account, role }) => role === 'student' && account !== pupil.account)
    .slice(0, count)
    .map(({ account, given_name, family_name }) => ({ account, name: `${given_name} ${family_name}` }));
}
