"""A bot for the server in main.go: bot.py NAME [URL [SECRET]]

It is plain Zonis, from "pip install zonis".
"""

import asyncio
import itertools
import sys

from zonis import Client

DEFAULTS = ["bot-1", "ws://127.0.0.1:7712/ipc", "s3cret"]


async def main():
    given = sys.argv[1:]
    name, url, secret = given + DEFAULTS[len(given) :]
    client = Client(url=url, identifier=name, secret_key=secret)
    ids = itertools.count(1)

    @client.route()
    async def servers():
        return 3

    @client.route()
    async def post(channel: str, text: str):
        return {"id": next(ids), "channel": channel, "text": text.upper()}

    await client.start()
    for server in "gophers", "snakes":
        print(f"in {server} commands begin with", await client.request("prefix", server=server), flush=True)
    await client.block_until_closed()


asyncio.run(main())
