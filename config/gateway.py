"""The gateway as a process of its own, where load asks for it: `uvicorn config.gateway:application`."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from prometheus_client import generate_latest  # noqa: E402

from inbox import gateway  # noqa: E402 - models need the apps
from inbox.gateway import Receive, Scope, Send  # noqa: E402


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Hooks, `/healthz` and `/metrics`; nothing else is here."""
    if scope["type"] != "http":
        raise ValueError(f"the gateway does not speak {scope['type']}")  # how ASGI says so
    if scope["path"].startswith(gateway.PREFIX):
        await gateway.application(scope, receive, send)
    elif scope["path"] == "/metrics":
        await _answer(send, 200, generate_latest())
    else:
        await _answer(send, *((200, b"ok") if scope["path"] == "/healthz" else (404, b"not found")))


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
