"""What Daphne serves: platforms' hooks, answered before Django; pages and API; sockets."""

from __future__ import annotations

import os
from functools import lru_cache

from twisted.web import http

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.handler import get_application

pages = get_application()  # sets Django up: what follows needs the apps

from channels.routing import URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from inbox import gateway, health, upkeep  # noqa: E402
from inbox.consumers import InboxSocket  # noqa: E402
from inbox.plain import Receive, Scope, Send  # noqa: E402

# Twisted reads each request's Content-Type with the e-mail package, a quarter of what a push costs; few ever differ.
http._parseContentType = lru_cache(maxsize=64)(http._parseContentType)  # noqa: SLF001 - bytes to bytes, pinned

sockets = URLRouter([path("ws/inbox/", InboxSocket.as_asgi())])


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """One request, socket or (from servers that send it) start and end of the process."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    upkeep.start()
    if scope["type"] == "websocket":
        await sockets(scope, receive, send)
    elif scope["path"].startswith(gateway.PREFIX):
        await gateway.application(scope, receive, send)
    elif scope["path"] in health.ANSWERS:
        await health.application(scope, receive, send)
    else:
        await pages(dict(scope), receive, send)


async def _live(receive: Receive, send: Send) -> None:
    """Daphne does not ask; then the first request starts what runs beside requests."""
    while (await receive())["type"] != "lifespan.shutdown":
        upkeep.start()
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
