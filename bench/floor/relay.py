"""The least that brings a push to a socket: one INSERT, one publish, one socket; plain ASGI, no Django."""

from __future__ import annotations

import os
from typing import Any

from psycopg import AsyncConnection
from redis.asyncio import Redis

CHANNEL = "bench.relay"
_INSERT = "INSERT INTO bench_push (key, body) VALUES ('', %s)"
_made: dict[str, Any] = {}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A POST is stored and published; a socket hears all that is published."""
    if scope["type"] == "websocket":
        await _forward(receive, send)
    elif scope["type"] == "http":
        await _store(receive, send)


async def _store(receive: Any, send: Any) -> None:
    body = (await receive())["body"].decode()
    if not _made:
        _made["database"] = await AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True)
        _made["bus"] = Redis.from_url(os.environ["REDIS_URL"])
    await _made["database"].execute(_INSERT, [body])
    await _made["bus"].publish(CHANNEL, body)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def _forward(receive: Any, send: Any) -> None:
    await receive()
    async with Redis.from_url(os.environ["REDIS_URL"]).pubsub() as heard:
        await heard.subscribe(CHANNEL)
        await send({"type": "websocket.accept"})
        async for message in heard.listen():
            if message["type"] == "message":
                await send({"type": "websocket.send", "text": message["data"].decode()})
