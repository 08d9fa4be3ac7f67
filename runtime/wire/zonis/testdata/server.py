"""A server of Zonis under FastAPI: server.py SECRET OVERRIDE_KEY

It serves what the tests of package zonis call, and asks its clients what it is
asked to ask. It prints "ready" and its port when it is.
"""

import asyncio
import json
import socket
import sys

import uvicorn
from fastapi import FastAPI
from starlette.websockets import WebSocket
from zonis import RequestFailed
from zonis.server import Server

app = FastAPI()
server = Server(
    using_fastapi_websockets=True, secret_key=sys.argv[1], override_key=sys.argv[2]
)


@app.websocket("/ipc")
async def endpoint(websocket: WebSocket):
    await websocket.accept()
    packet = json.loads(await websocket.receive_text())
    await server.parse_identify(packet, websocket)
    await asyncio.Future()


@server.route()
async def hello(name: str):
    return f"hello, {name}"


@server.route()
async def scale(x: float, factor: float):
    return x * factor


@server.route()
async def fail(how: str):
    raise RuntimeError(how)


@server.route()
async def wait():
    await asyncio.Future()


@server.route()
async def nan():
    return float("nan")


async def ask_one(route: str, client: str, arguments: dict):
    try:
        return {"result": await server.request(route, client_identifier=client, **arguments)}
    except RequestFailed as failed:
        return {"error": f"RequestFailed: {failed.response_data}"}


@server.route()
async def ask(route: str, arguments: dict):
    return await ask_one(route, "one", arguments)


@server.route()
async def ask_with_nan():
    return await ask_one("scale", "one", {"x": float("nan"), "factor": 2})


@server.route()
async def flood(n: int):
    results = await asyncio.gather(
        *(server.request("hello", client_identifier="one", name=str(i)) for i in range(n))
    )
    return sum(r == f"hello, {i}" for i, r in enumerate(results))


@server.route()
async def drop():
    """Ends the connection of the client, as a restart would."""
    await server._connections.pop("one")._websocket_connection.ws.close(1012)


async def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print("ready", listener.getsockname()[1], flush=True)
    # Zonis wants an old websockets, for which this is the implementation.
    config = uvicorn.Config(app, ws="websockets", log_level="info", lifespan="off")
    await uvicorn.Server(config).serve(sockets=[listener])


asyncio.run(main())
