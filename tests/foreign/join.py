"""Joins a channel with the `websockets` library: prints `ready`, then the first publication that comes."""

import asyncio
import json
import sys
import urllib.request

import websockets


async def main(address: str, token: str, channel: str) -> None:
    request = urllib.request.Request(
        f"{address}/v1/seat", method="POST", headers={"Authorization": f"Bearer {token}"}
    )
    seat = json.load(urllib.request.urlopen(request, timeout=30))
    url = f"{address.replace('http', 'ws', 1)}{seat['url']}?seat={seat['seat']}"
    async with websockets.connect(url, subprotocols=["preau.v1"]) as socket:
        assert json.loads(await socket.recv())["type"] == "welcome"
        await socket.send(json.dumps({"type": "subscribe", "id": 1, "channel": channel, "from": "now"}))
        async for frame in socket:
            message = json.loads(frame)
            if message["type"] == "fresh":
                print("ready", flush=True)
            if message["type"] == "publication":
                print(json.dumps(message), flush=True)
                return


asyncio.run(main(*sys.argv[1:]))
