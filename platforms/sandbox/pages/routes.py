"""Serves the phone page, the pictures, and everything a page shows in one answer."""

from __future__ import annotations

from pathlib import Path

from platforms.sandbox.clock import iso
from platforms.sandbox.twin import Twin
from platforms.sandbox.web import HttpError, Request, Response, Route, answer, route

FOLDER = Path(__file__).parent
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
SAFE = {
    "content-security-policy": "default-src 'self'; img-src 'self' data: blob: https: http:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
KEPT = {"cache-control": "private, max-age=86400"}
WAIT_SECONDS = 2.0
MESSAGES_SHOWN = 100
CALLS_SHOWN = 40


class Pages:
    """What a browser asks for."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin

    def routes(self) -> list[Route]:
        """The page has one document, whatever phone it shows."""
        return [
            route("GET HEAD", "/", self.page),
            route("GET HEAD", "/phone/{app_id}", self.page),
            route("GET HEAD", "/phone/{app_id}/{openid}", self.page),
            route("GET HEAD", "/static/{name}", self.static),
            route("GET HEAD", "/media/{media_id}", self.media),
            route("GET HEAD", "/healthz", self.alive),
            route("GET", "/sandbox/api/apps/{app_id}/phone", self.phone),
            route("GET", "/sandbox/api/apps/{app_id}/customers/{openid}/phone", self.phone),
        ]

    async def page(self, request: Request) -> Response:
        """The phone page."""
        return file("phone.html")

    async def static(self, request: Request) -> Response:
        """A style sheet, module or picture of the page; HttpError 404."""
        return file(request.args["name"])

    async def media(self, request: Request) -> Response:
        """A picture that was sent; HttpError 404."""
        found = self.twin.media.anyone(request.args["media_id"])
        if found is None:
            raise HttpError(404, "no_media", "no such picture, or it is over its time")
        return Response(body=found.body, content_type=found.mime, headers=SAFE | KEPT)

    async def alive(self, request: Request) -> Response:
        """The twin serves."""
        return answer({"ok": True})

    async def phone(self, request: Request) -> Response:
        """What the page shows, as soon as it is another than the revision `after`."""
        app = self.twin.apps.get(request.args["app_id"])
        openid = request.args.get("openid", "")
        await self.twin.changes.wait(app.app_id, request.query.get("after", ""), WAIT_SECONDS)
        now_ms = self.twin.clock.at(app.app_id)
        left = self.twin.quota.left(app.app_id, openid, now_ms)
        return answer(
            {
                "revision": self.twin.changes.revision(app.app_id),
                "apps": [each.public() for each in self.twin.apps.all()],
                "app": app.public(),
                "customers": self.twin.apps.customers(app.app_id),
                "messages": self.twin.messages.of_customer(app.app_id, openid, last=MESSAGES_SHOWN),
                "typing": self.twin.typing.get((app.app_id, openid), 0) > now_ms,
                "quota": {"left": left.replies, "until": iso(left.until_ms)},
                "faults": self.twin.faults.armed(app.app_id),
                "clock": {"now": iso(now_ms), "offset_seconds": self.twin.clock.offset_ms(app.app_id) / 1000},
                "calls": self.twin.calls.latest(CALLS_SHOWN, app_id=app.app_id),
            }
        )


def file(name: str) -> Response:
    """A file of this folder that browsers may have; HttpError 404."""
    path = FOLDER / name
    if path.suffix not in TYPES or path.parent != FOLDER or not path.is_file():
        raise HttpError(404, "not_found", f"nothing at {name}")
    return Response(body=path.read_bytes(), content_type=TYPES[path.suffix], headers=SAFE)
