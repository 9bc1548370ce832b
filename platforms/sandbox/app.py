"""The twin as an ASGI application: `uvicorn platforms.sandbox.app:app --port 8001`."""

from __future__ import annotations

from platforms.sandbox.control.api import Control
from platforms.sandbox.pages.routes import Pages
from platforms.sandbox.twin import Settings, Twin
from platforms.sandbox.web import Receive, Router, Scope, Send
from platforms.sandbox.wechat.pushing import resume
from platforms.sandbox.wechat.server import Server


class Application:
    """Makes the twin when it is first needed, by the thread that serves, and closes it at the end."""

    def __init__(self, settings: Settings | None = None, twin: Twin | None = None) -> None:
        self._settings = settings
        self._twin = twin
        self._router: Router | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serving()(scope, receive, send)

    def _serving(self) -> Router:
        if self._router is None:
            twin = self._twin or Twin(self._settings or Settings.from_environment())
            self._twin = twin
            self._router = Router([*Server(twin).routes(), *Control(twin).routes(), *Pages(twin).routes()])
            resume(twin)
        return self._router

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._serving()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._twin:
                    await self._twin.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


app = Application()
