"""Django's handler on threads that are kept: starting one for each request, as its own does, costs more than a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import django
from asgiref.sync import ThreadSensitiveContext
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from inbox.perloop import PerLoop


class Threads:
    """Threads for requests, at most `most` at once; a request has its own from its first line to its last."""

    def __init__(self, most: int) -> None:
        self._room = asyncio.Semaphore(most)
        self._free: list[ThreadPoolExecutor] = []

    @asynccontextmanager
    async def one(self) -> AsyncIterator[ThreadPoolExecutor]:
        """A thread that nobody uses; waits for one when all are busy."""
        await self._room.acquire()
        thread = self._free.pop() if self._free else ThreadPoolExecutor(1, thread_name_prefix="request")
        try:
            yield thread
        finally:
            loop = asyncio.get_running_loop()
            # a view whose client has gone may still run: the thread is free when it does this
            thread.submit(loop.call_soon_threadsafe, self._give_back, thread)

    def _give_back(self, thread: ThreadPoolExecutor) -> None:
        self._free.append(thread)
        self._room.release()


class Handler(ASGIHandler):
    """As Django's, with kept threads."""

    def __init__(self) -> None:
        super().__init__()
        self._threads = PerLoop(lambda: Threads(settings.WEB_THREADS))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise ValueError(f"Django does not speak {scope['type']} here")
        async with self._threads.here().one() as thread, ThreadSensitiveContext(executor=thread):
            await self.handle(scope, receive, send)


def get_application() -> Handler:
    """Django, set up."""
    django.setup(set_prefix=False)
    return Handler()
