"""The socket of open pages."""

from __future__ import annotations

from channels.generic.websocket import AsyncWebsocketConsumer


class InboxSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Not yet."""
