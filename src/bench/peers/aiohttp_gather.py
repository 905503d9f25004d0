"""The same batch on aiohttp: server and client, asyncio.gather. Arguments: port, upstream, loop (asyncio or uvloop)."""

import asyncio
import sys

from aiohttp import ClientSession, TCPConnector, web

port, upstream, loop = sys.argv[1:]
if loop == "uvloop":
    import uvloop

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


async def client(app):
    async with ClientSession(connector=TCPConnector(limit=500)) as session:
        app["session"] = session
        yield


async def aggregate(request):
    session = request.app["session"]

    async def call(item):
        async with session.get(upstream + item["path"]) as response:
            return {"status": response.status, "body": await response.json()}

    batch = await request.json()
    return web.json_response({"results": await asyncio.gather(*map(call, batch["requests"]))})


app = web.Application(client_max_size=16 << 20)
app.cleanup_ctx.append(client)
app.router.add_post("/batches", aggregate)
web.run_app(app, host="127.0.0.1", port=int(port), backlog=4096, access_log=None, print=None)
