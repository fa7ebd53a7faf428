"""Holds a lesson with the `websockets` library, or takes part in one: docs/PROTOCOL.md and nothing else. Prints what it
has seen."""

import asyncio
import json
import sys
import urllib.request

import websockets


class Line:
    """One connection, with the frames that nobody has taken yet."""

    def __init__(self, socket, channel: str) -> None:
        self.socket = socket
        self.channel = channel
        self.frames = []
        self.last_id = 0

    async def next(self, fits) -> dict:
        """The next frame that fits. What comes meanwhile is kept, since messages about different things have no order."""
        while True:
            for place, frame in enumerate(self.frames):
                if fits(frame):
                    return self.frames.pop(place)
            self.frames.append(json.loads(await self.socket.recv()))

    async def told(self, kind: str, fits=lambda frame: True) -> dict:
        return await self.next(lambda frame: frame["type"] == kind and fits(frame))

    async def ask(self, expected: str, **request) -> dict:
        """Asks, and waits for the answer of this type."""
        self.last_id += 1
        await self.socket.send(json.dumps({**request, "id": self.last_id, "channel": self.channel}))
        answer = await self.next(lambda frame: frame.get("id") == self.last_id)
        assert answer["type"] == expected, answer
        return answer

    async def write(self, name: str, **deed) -> dict:
        return await self.ask("published", type="lesson", message_id=name, **deed)

    async def act(self, **deed) -> dict:
        return await self.ask("done", type="lesson", **deed)


async def teach(line: Line) -> dict:
    await line.write("start", do="start", title="Les fractions")
    post = await line.told("publication", lambda frame: frame["kind"] == "post")
    pulse = await line.told("pulse", lambda frame: len(frame.get("raised", [])) == 1)
    pupil = pulse["raised"][0]
    await line.act(do="call", account=pupil)
    await line.write("open", do="open_poll", poll="p", scale="yes_no", text="Ça va ?", shown="closed")
    await line.told("pulse", lambda frame: (frame["votes"] or {}).get("voters") == 1)
    await line.write("close", do="close_poll", poll="p")
    closed = await line.told("publication", lambda frame: frame["body"].get("event") == "poll_closed")
    await line.write("end", do="end")
    await line.told("lesson", lambda frame: frame["lesson"] is None)
    seen = {"heard": post["body"]["text"], "from": post["author"]}
    return {**seen, "called": pupil, "counts": closed["body"]["counts"]}


async def attend(line: Line, account: str) -> dict:
    lesson = (await line.told("lesson", lambda frame: frame["lesson"] is not None))["lesson"]
    await line.ask("published", type="publish", kind="post", message_id="m", body={"text": "Bonjour"})
    await line.act(do="raise")
    mine = await line.told("mine", lambda frame: frame["hand"] is not None)
    await line.told("pulse", lambda frame: frame["called"] == account)
    await line.told("lesson", lambda frame: ((frame["lesson"] or {}).get("poll") or {}).get("open") is True)
    await line.act(do="vote", poll="p", choice=1)
    closed = await line.told("publication", lambda frame: frame["body"].get("event") == "poll_closed")
    await line.told("lesson", lambda frame: frame["lesson"] is None)
    seen = {"title": lesson["title"], "by": lesson["by"], "hand": mine["hand"]}
    return {**seen, "counts": closed["body"]["counts"]}


async def main(address: str, token: str, channel: str, part: str) -> None:
    request = urllib.request.Request(
        f"{address}/v1/seat", method="POST", headers={"Authorization": f"Bearer {token}"}
    )
    seat = json.load(urllib.request.urlopen(request, timeout=30))
    url = f"{address.replace('http', 'ws', 1)}{seat['url']}?seat={seat['seat']}"
    async with websockets.connect(url, subprotocols=["preau.v1"]) as socket:
        line = Line(socket, channel)
        account = (await line.told("welcome"))["account"]
        await line.ask("fresh", **{"type": "subscribe", "from": "now"})
        await line.told("lesson", lambda frame: frame["lesson"] is None)
        print("ready", flush=True)
        seen = await (teach(line) if part == "teach" else attend(line, account))
        print(json.dumps(seen), flush=True)


asyncio.run(main(*sys.argv[1:]))
