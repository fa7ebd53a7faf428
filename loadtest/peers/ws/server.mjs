// A hub on Node's `ws` as its documentation builds one: a Set per channel, and a loop of sends of one Buffer.
//
// It speaks the plain dialect: followers at /follow/CHANNEL, and publications as CHANNEL\nPAYLOAD at /publish.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { WebSocketServer } from "ws";

const BACKLOG = 4096;
const FOLLOW = "/follow/";
const NEW_LINE = 0x0a;

/** The followers by channel. */
const channels = new Map();

function follow(socket, channel) {
    let followers = channels.get(channel);
    if (followers === undefined) {
        followers = new Set();
        channels.set(channel, followers);
    }
    followers.add(socket);
    socket.on("close", () => followers.delete(socket));
}

function publish(message) {
    const end = message.indexOf(NEW_LINE);
    const payload = message.subarray(end + 1);
    for (const socket of channels.get(message.toString("utf8", 0, end)) ?? []) {
        socket.send(payload, { binary: false });
    }
}

const server = createServer((_, response) => response.writeHead(404).end());
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket, request) => {
    socket.on("error", () => socket.terminate());
    if (request.url.startsWith(FOLLOW)) follow(socket, request.url.slice(FOLLOW.length));
    else socket.on("message", publish);
});
server.listen({ host: "127.0.0.1", port: 0, backlog: BACKLOG }, () => {
    const { version } = createRequire(import.meta.url)("ws/package.json");
    process.stdout.write(`version ws ${version}, node ${process.versions.node}\nport ${server.address().port}\n`);
});
