// Joins a channel with the `ws` library: prints `ready`, then the first publication that comes.

import WebSocket from "ws";

const [address, token, channel] = process.argv.slice(2);

const answer = await fetch(`${address}/v1/seat`, {
  method: "POST",
  headers: { Authorization: `Bearer ${token}` },
});
const { seat, url } = await answer.json();
const socket = new WebSocket(`${address.replace("http", "ws")}${url}?seat=${seat}`, "preau.v1");

socket.on("message", (frame) => {
  const message = JSON.parse(frame);
  if (message.type === "welcome") {
    socket.send(JSON.stringify({ type: "subscribe", id: 1, channel, from: "now" }));
  }
  if (message.type === "fresh") {
    console.log("ready");
  }
  if (message.type === "publication") {
    console.log(JSON.stringify(message));
    socket.close(1000);
  }
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
