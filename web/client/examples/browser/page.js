/**
 * A page that reads a class and keeps what it shows over a reload, beside the positions that it stands for: both are there
 * or neither. Serve it from the hub's own host, with `/v1/` passed on to the hub.
 */

import { Connection, fromGlobals, KeptPositions, memoryIn } from '@preau/client';

/** How many lines are kept and shown. */
const LINES_MAX = 200;

const memory = memoryIn(() => sessionStorage, 'reader.');
const [form] = document.forms;
const status = document.querySelector('[role=status]');
const list = document.querySelector('ol');

/** What was shown before the reload. Whose it is, only the hub can say: it is not drawn before the channel is followed. */
let lines = JSON.parse(memory.read('lines') ?? '[]');

function draw() {
  list.replaceChildren(
    ...lines.map((line) => Object.assign(document.createElement('li'), { textContent: line })),
  );
}

function heard(event) {
  if (event.type === 'reset' || event.type === 'ended') lines = [];
  if (event.type === 'subscribed' && event.how === 'fresh') lines = [];
  if (event.type === 'publication') {
    const { author, kind, body } = event.publication;
    lines = [...lines, `${author}: ${'text' in body ? body.text : kind}`].slice(-LINES_MAX);
  }
  memory.write('lines', JSON.stringify(lines));
  draw();
}

form.addEventListener('submit', (submitted) => {
  submitted.preventDefault();
  const { token, channel } = Object.fromEntries(new FormData(form));
  form.hidden = true;
  const environment = fromGlobals({ memory, positions: new KeptPositions(memory) });
  const connection = new Connection({ environment, token: async () => token });
  connection.onState((state) => (status.textContent = state.name));
  connection.subscribe(channel, { last: 50 }, heard);
  addEventListener('pagehide', () => connection.leaving());
  addEventListener('online', () => connection.wake());
  connection.start();
});
