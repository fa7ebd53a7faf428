// Holds a lesson with the `ws` library, or takes part in one: docs/PROTOCOL.md and nothing else. Prints what it has seen.

import WebSocket from "ws";

const [address, token, channel, part] = process.argv.slice(2);

const answer = await fetch(`${address}/v1/seat`, {
  method: "POST",
  headers: { Authorization: `Bearer ${token}` },
});
const { seat, url } = await answer.json();
const socket = new WebSocket(
  `${address.replace("http", "ws")}${url}?seat=${seat}`,
  "preau.v1",
);

const frames = [];
const waiting = [];
let lastId = 0;

socket.on("message", (text) => {
  frames.push(JSON.parse(text));
  for (const look of waiting.splice(0)) look();
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});

/** The next frame that fits. What comes meanwhile is kept, since messages about different things have no order. */
async function next(fits) {
  for (;;) {
    const place = frames.findIndex(fits);
    if (place >= 0) return frames.splice(place, 1)[0];
    await new Promise((look) => waiting.push(look));
  }
}

/** Asks, and waits for the answer of this type. */
async function ask(request, type) {
  const id = (lastId += 1);
  socket.send(JSON.stringify({ ...request, id, channel }));
  const answer = await next((frame) => frame.id === id);
  if (answer.type !== type) throw new Error(JSON.stringify(answer));
  return answer;
}

const write = (name, deed) =>
  ask({ type: "lesson", message_id: name, ...deed }, "published");
const act = (deed) => ask({ type: "lesson", ...deed }, "done");
const told = (type, fits) =>
  next((frame) => frame.type === type && fits(frame));

async function teach() {
  await write("start", { do: "start", title: "Les fractions" });
  const post = await told("publication", ({ kind }) => kind === "post");
  const { raised } = await told("pulse", ({ raised }) => raised?.length === 1);
  await act({ do: "call", account: raised[0] });
  await write("open", {
    do: "open_poll",
    poll: "p",
    scale: "yes_no",
    text: "Ça va ?",
    shown: "closed",
  });
  await told("pulse", ({ votes }) => votes?.voters === 1);
  await write("close", { do: "close_poll", poll: "p" });
  const closed = await told(
    "publication",
    ({ body }) => body.event === "poll_closed",
  );
  await write("end", { do: "end" });
  await told("lesson", ({ lesson }) => lesson === null);
  return {
    heard: post.body.text,
    from: post.author,
    called: raised[0],
    counts: closed.body.counts,
  };
}

async function attend(account) {
  const { lesson } = await told("lesson", ({ lesson }) => lesson !== null);
  await ask(
    {
      type: "publish",
      kind: "post",
      message_id: "m",
      body: { text: "Bonjour" },
    },
    "published",
  );
  await act({ do: "raise" });
  const { hand } = await told("mine", ({ hand }) => hand !== null);
  await told("pulse", ({ called }) => called === account);
  await told("lesson", ({ lesson }) => lesson?.poll?.open === true);
  await act({ do: "vote", poll: "p", choice: 1 });
  const closed = await told(
    "publication",
    ({ body }) => body.event === "poll_closed",
  );
  await told("lesson", ({ lesson }) => lesson === null);
  return {
    title: lesson.title,
    by: lesson.by,
    hand,
    counts: closed.body.counts,
  };
}

const { account } = await told("welcome", () => true);
await ask({ type: "subscribe", from: "now" }, "fresh");
await told("lesson", ({ lesson }) => lesson === null);
console.log("ready");
console.log(
  JSON.stringify(part === "teach" ? await teach() : await attend(account)),
);
socket.close(1000);
