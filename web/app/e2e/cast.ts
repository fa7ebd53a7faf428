/** Who plays: found among the demo's accounts and in its roster, so no name is written here. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  /** The account of a pupil who has nothing to do with it. */
  readonly stranger: string;
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

/** A pupil of the roster's files who attends none of these classes. */
function elsewhere(folder: string, classes: readonly string[]): string | undefined {
  const lines = readFileSync(join(folder, 'roster', 'enrollments.csv'), 'utf8')
    .trim()
    .split(/\r?\n/);
  const enrolments = lines.slice(1).map((line) => {
    const [, , , room = '', , account = '', role = ''] = line.split(',');
    return { room, account, role };
  });
  const inside = new Set(
    enrolments.flatMap(({ room, account }) => (classes.includes(room) ? [account] : [])),
  );
  return enrolments.find(({ account, role }) => role === 'student' && !inside.has(account))?.account;
}

/** The cast of a demo at this address, whose files lie in this folder. */
export async function cast(hub: string, folder: string): Promise<Cast> {
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
  const pupil = role('student');
  const lesson = teacher.me.classes.find(({ channel }) => pupil.me.channels.includes(channel));
  if (!lesson) throw new Error('the demo’s pupil attends no class of the demo’s teacher');
  const { channel, title } = lesson;
  const classes = teacher.me.classes.map((room) => room.channel.replace('class:', ''));
  const stranger = elsewhere(folder, classes);
  if (stranger === undefined)
    throw new Error('every pupil of the demo attends a class of the demo’s teacher');
  return { teacher, pupil, stranger, guardian: role('guardian'), staff: role('staff'), channel, title };
}
