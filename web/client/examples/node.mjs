/**
 * Follows a class from a terminal, and goes on where it stopped when it is started again: what was published meanwhile
 * comes first, nothing twice.
 *
 *   node node.mjs https://hub.example TOKEN class:2A positions.json
 *
 * Node 22 and later have a WebSocket of their own. For an older one, install the package `ws` beside this one.
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Connection, fromGlobals, KeptPositions } from '@preau/client';

const [hub, token, channel, file = 'positions.json'] = process.argv.slice(2);
const webSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket;

/** A memory in a file, which is replaced as a whole: a crash leaves the old words or the new ones. */
function memoryInFile(path) {
  let words = {};
  try {
    words = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // There is none yet, or it can't be read: begin anew.
  }
  return {
    read: (name) => words[name],
    write: (name, word) => {
      words = { ...words, [name]: word };
      writeFileSync(`${path}.new`, JSON.stringify(words));
      renameSync(`${path}.new`, path);
    },
  };
}

const connection = new Connection({
  environment: fromGlobals({ hub, webSocket, positions: new KeptPositions(memoryInFile(file)) }),
  token: async () => token,
});
connection.onState((state) => console.error(state.name));
connection.subscribe(channel, { last: 20 }, (event) => {
  if (event.type === 'publication') console.log(JSON.stringify(event.publication));
  else if (event.type === 'subscribed') console.error(event.how);
  else console.error(event.type);
});
connection.start();
process.once('SIGINT', () => connection.close());
