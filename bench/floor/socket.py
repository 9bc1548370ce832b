"""A bare Channels consumer: lets everybody in and says nothing."""

from __future__ import annotations

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

if not settings.configured:
    settings.configure(SECRET_KEY="bench", LOGGING_CONFIG=None)  # noqa: S106


class Bare(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Open until the client goes."""


application = Bare.as_asgi()
