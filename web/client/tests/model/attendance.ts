/** A client that follows a class of the model hub, and what it says there. */

import type { ClientMessage } from '../../src/messages.ts';
import { ModelClient } from './client.ts';
import { ModelHub } from './hub.ts';
import { World } from './world.ts';

export const CLASS = 'class:a';

export async function attend(isTeacher = false) {
  const world = new World(6);
  const hub = new ModelHub(world);
  hub.lessons.isTeacher = isTeacher;
  const client = new ModelClient(hub);
  client.follow(CLASS);
  client.connection.start();
  await world.until('live', () => client.state.name === 'live');
  const lesson = client.connection.lesson(CLASS);
  await world.until('told', () => lesson.seen.lesson !== undefined);
  const again = async () => {
    await world.until('cut', () => client.state.name !== 'live');
    await world.until('live again', () => client.state.name === 'live');
    await world.run(2_000);
  };
  const deeds = () =>
    hub.heard
      .map(({ message }) => message)
      .filter((message): message is ClientMessage & { type: 'lesson' } => message.type === 'lesson');
  return { world, hub, client, lesson, again, deeds };
}
