"""The control API's calls; the README beside the twin documents each."""

from __future__ import annotations

from typing import Any

from platforms.sandbox import media as stored
from platforms.sandbox.apps import App, new_openid
from platforms.sandbox.clock import SECOND, iso
from platforms.sandbox.control.burst import Plan, burst
from platforms.sandbox.faults import KINDS
from platforms.sandbox.twin import Twin
from platforms.sandbox.web import MIB, HttpError, Request, Response, Route, answer, route
from platforms.sandbox.wechat.acting import action, record
from platforms.sandbox.wechat.pushing import push, shake_hands

BASE = "/sandbox/api"
APP = BASE + "/apps/{app_id}"
CUSTOMER = APP + "/customers/{openid}"


class Control:
    """The handlers, each a few lines over the twin."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin

    def routes(self) -> list[Route]:
        """Every address of the API."""
        big = stored.LIMIT_BYTES + MIB
        return [
            route("GET", BASE + "/apps", self.apps),
            route("POST", BASE + "/apps", self.save_app),
            route("GET", APP, self.app),
            route("DELETE", APP, self.remove_app),
            route("POST", APP + "/reset", self.reset),
            route("POST", APP + "/handshake", self.handshake),
            route("POST", APP + "/burst", self.burst),
            route("GET", APP + "/messages", self.messages_of_app),
            route("POST", APP + "/media", self.upload, limit_bytes=big),
            route("GET", APP + "/customers", self.customers),
            route("POST", APP + "/customers", self.save_customer),
            route("POST", CUSTOMER + "/act", self.act),
            route("GET", CUSTOMER + "/messages", self.messages_of_customer),
            route("GET", BASE + "/faults", self.kinds),
            route("GET", APP + "/faults", self.faults),
            route("POST", APP + "/faults", self.arm),
            route("DELETE", APP + "/faults", self.clear_faults),
            route("DELETE", APP + "/faults/{number}", self.clear_faults),
            route("GET POST", BASE + "/clock", self.clock),
            route("GET POST", APP + "/clock", self.clock),
            route("GET", BASE + "/calls", self.calls),
            route("GET", APP + "/calls", self.calls),
        ]

    def _app(self, request: Request) -> App:
        return self.twin.apps.get(request.args["app_id"])

    async def apps(self, request: Request) -> Response:
        """Every app, without its secrets."""
        return answer({"apps": [app.public() for app in self.twin.apps.all()]})

    async def save_app(self, request: Request) -> Response:
        """Register or change an app; answered with its secrets."""
        app = self.twin.apps.save(request.json())
        self.twin.changes.tell(app.app_id)
        return answer(app.as_json())

    async def app(self, request: Request) -> Response:
        """One app, without its secrets."""
        return answer(self._app(request).public())

    async def remove_app(self, request: Request) -> Response:
        """Forget an app and all that belongs to it."""
        app_id = self._app(request).app_id
        self.twin.apps.remove(app_id)
        self._forget(app_id)
        return answer({})

    async def reset(self, request: Request) -> Response:
        """Forget messages, grants, faults, clock and calls of an app."""
        app_id = self._app(request).app_id
        self.twin.apps.forget_talk(app_id)
        self._forget(app_id)
        return answer({})

    def _forget(self, app_id: str) -> None:
        self.twin.faults.clear(app_id)
        self.twin.calls.clear(app_id)
        self.twin.typing = {key: until for key, until in self.twin.typing.items() if key[0] != app_id}
        self.twin.changes.tell(app_id)

    async def handshake(self, request: Request) -> Response:
        """GET the hook as the console does."""
        return answer(await shake_hands(self.twin, self._app(request)))

    async def burst(self, request: Request) -> Response:
        """Many messages from many customers, and how fast they were acknowledged."""
        return answer(await burst(self.twin, self._app(request), Plan.of(request.json())))

    async def messages_of_app(self, request: Request) -> Response:
        """The record of an app, by id."""
        found = self.twin.messages.of_app(
            self._app(request).app_id,
            author=request.query.get("author", ""),
            state=request.query.get("state", ""),
            after=request.number("after", 0, most=2**62),
            limit=request.number("limit", 1000, most=10_000),
        )
        return answer({"messages": found})

    async def upload(self, request: Request) -> Response:
        """Keep a customer's picture (the body is the file); its media id."""
        app_id = self._app(request).app_id
        mime = stored.image_type(request.body)
        if not mime:
            raise HttpError(422, "bad_media", "a PNG, JPEG or GIF is expected")
        media_id = self.twin.media.add(app_id, request.body, mime, self.twin.clock.at(app_id))
        return answer({"media_id": media_id, "url": self._media_url(request, media_id)}, 201)

    def _media_url(self, request: Request, media_id: str) -> str:
        base = self.twin.settings.url or f"http://{request.headers.get('host', '127.0.0.1:8001')}"
        return f"{base}/media/{media_id}"

    async def customers(self, request: Request) -> Response:
        """The customers of an app, those who talked last first."""
        return answer({"customers": self.twin.apps.customers(self._app(request).app_id)})

    async def save_customer(self, request: Request) -> Response:
        """Make a customer known, with an openid of one's own or a new one."""
        app_id, data = self._app(request).app_id, request.json()
        openid, name = str(data.get("openid") or new_openid()), str(data.get("name", ""))
        self.twin.apps.save_customer(app_id, openid, name)
        self.twin.changes.tell(app_id)
        return answer({"openid": openid, "name": name}, 201)

    async def act(self, request: Request) -> Response:
        """Do something as a customer; with `wait` the answer tells what became of the push."""
        app, data = self._app(request), request.json()
        done = action(self._with_pictures(request, app, data))
        said = record(self.twin, app, request.args["openid"], done)
        facts: dict[str, Any] = {"id": said.id, "msg_id": said.msg_id, "at": iso(said.at_ms)}
        if not data.get("wait"):
            self.twin.spawn(push(self.twin, app, said))
            return answer(facts | {"state": "pending"}, 201)
        outcome = await push(self.twin, app, said)
        return answer(facts | {"state": outcome.state, "tries": outcome.tries}, 201)

    def _with_pictures(self, request: Request, app: App, data: dict[str, Any]) -> dict[str, Any]:
        """`data` with the addresses of its pictures; a card has one anyway, and is the app's own."""
        if data.get("action") == "image" and isinstance(data.get("media_id"), str):
            return {"url": self._media_url(request, data["media_id"])} | data
        if data.get("action") == "card":
            media_id = self.twin.media.keep_sample(app.app_id, self.twin.clock.at(app.app_id))
            thumb = {"thumb_media_id": media_id, "thumb_url": self._media_url(request, media_id)}
            return {"app_id": app.app_id} | thumb | data
        return data

    async def messages_of_customer(self, request: Request) -> Response:
        """The talk of a customer, oldest first, with what the platform would still take."""
        app_id, openid = self._app(request).app_id, request.args["openid"]
        left = self.twin.quota.left(app_id, openid, self.twin.clock.at(app_id))
        last = request.number("last", 200, most=10_000)
        return answer(
            {
                "messages": self.twin.messages.of_customer(app_id, openid, last=last),
                "quota": {"left": left.replies, "until": iso(left.until_ms)},
            }
        )

    async def kinds(self, request: Request) -> Response:
        """What can go wrong."""
        found = {
            name: {"label": kind.label, "on": kind.calls, "taken": kind.taken, "seconds": kind.seconds}
            for name, kind in KINDS.items()
        }
        return answer({"kinds": found})

    async def faults(self, request: Request) -> Response:
        """What is armed."""
        return answer({"faults": self.twin.faults.armed(self._app(request).app_id)})

    async def arm(self, request: Request) -> Response:
        """Arm a fault."""
        app_id = self._app(request).app_id
        armed = self.twin.faults.arm(app_id, request.json())
        self.twin.changes.tell(app_id)
        return answer(armed, 201)

    async def clear_faults(self, request: Request) -> Response:
        """Disarm one, or all."""
        app_id, number = self._app(request).app_id, request.args.get("number")
        if number is not None and not number.isdecimal():
            raise HttpError(404, "no_fault", f"no fault {number}")
        self.twin.faults.clear(app_id, None if number is None else int(number))
        self.twin.changes.tell(app_id)
        return answer({"faults": self.twin.faults.armed(app_id)})

    async def clock(self, request: Request) -> Response:
        """The platform's time; POST sets its offset, or advances it."""
        app_id = self._app(request).app_id if "app_id" in request.args else ""
        if request.method == "POST":
            self.twin.clock.move(self._offset_ms(app_id, request.json()), app_id)
            for app in self.twin.apps.all():
                self.twin.changes.tell(app.app_id)
        offset = self.twin.clock.offset_ms(app_id) / SECOND
        return answer({"now": iso(self.twin.clock.at(app_id)), "offset_seconds": offset})

    def _offset_ms(self, app_id: str, data: dict[str, Any]) -> int:
        try:
            if "advance_seconds" in data:
                return self.twin.clock.own_ms(app_id) + int(float(data["advance_seconds"]) * SECOND)
            return int(float(data["offset_seconds"]) * SECOND)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise HttpError(422, "bad_clock", "offset_seconds or advance_seconds is a number") from error

    async def calls(self, request: Request) -> Response:
        """The call log, newest first."""
        app_id = self._app(request).app_id if "app_id" in request.args else ""
        limit = request.number("limit", 100, most=1000)
        return answer({"calls": self.twin.calls.latest(limit, app_id=app_id)})
