"""The gateway as a process of its own, where load asks for it: `uvicorn config.gateway:application`."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from inbox import gateway, health  # noqa: E402 - models need the apps
from inbox.plain import Receive, Scope, Send, respond  # noqa: E402
from platforms.base import Answer  # noqa: E402


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Hooks and health; nothing else is here."""
    if scope["type"] != "http":
        raise ValueError(f"the gateway does not speak {scope['type']}")  # how ASGI says so
    if scope["path"].startswith(gateway.PREFIX):
        await gateway.application(scope, receive, send)
    elif scope["path"] in health.ANSWERS:
        await health.application(scope, receive, send)
    else:
        await respond(send, Answer(b"not found", status=404))
