"""A client of Zonis: client.py URL IDENTIFIER SECRET [OVERRIDE_KEY]

It serves what the tests of package zonis call, and asks the server what it is
asked to ask. It prints "ready" when it has identified.
"""

import asyncio
import sys

from zonis import Client


async def main():
    url, identifier, secret, *override = sys.argv[1:]
    client = Client(
        url=url,
        identifier=identifier,
        secret_key=secret,
        override_key=override[0] if override else None,
    )

    @client.route()
    async def hello(name: str):
        return f"hello, {name}"

    @client.route()
    async def scale(x: float, factor: float):
        return x * factor

    @client.route()
    async def fail(how: str):
        raise RuntimeError(how)

    @client.route()
    async def wait():
        await asyncio.Future()

    @client.route()
    async def meet():
        return await client.request("hello", name="you")

    @client.route()
    async def nan():
        return float("nan")

    @client.route()
    async def ask(route: str, arguments: dict):
        try:
            return {"result": await client.request(route, **arguments)}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}

    @client.route()
    async def ask_with_nan():
        return await ask("scale", {"x": float("nan"), "factor": 2})

    @client.route()
    async def flood(n: int):
        results = await asyncio.gather(
            *(client.request("hello", name=str(i)) for i in range(n))
        )
        return sum(r == f"hello, {i}" for i, r in enumerate(results))

    await client.start()
    print("ready", flush=True)
    await client.block_until_closed()


asyncio.run(main())
