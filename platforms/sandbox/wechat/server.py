"""The calls of api.weixin.qq.com that a mini-program's customer service uses."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from platforms.sandbox import media as stored
from platforms.sandbox import multipart
from platforms.sandbox.apps import App
from platforms.sandbox.calls import preview, without_secrets
from platforms.sandbox.clock import SECOND, iso
from platforms.sandbox.messages import Line
from platforms.sandbox.quota import Decision
from platforms.sandbox.twin import Twin
from platforms.sandbox.web import MIB, Request, Response, Route, answer, route
from platforms.sandbox.wechat import sending, tokens
from platforms.sandbox.wechat.answers import WeChatError, ok, refusal
from platforms.sandbox.wechat.misbehaving import Call

TYPING_LASTS_MS = 15 * SECOND  # not documented
TYPING_NEEDS_MS = 30 * SECOND

Do = Callable[[str], Response]
Step = Callable[[App, int, Request], Awaitable[Response]]


class Server:
    """One call: check the token, carry it out (or misbehave), answer, write the call log."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin

    def routes(self) -> list[Route]:
        """Any method is let in: the platform answers a wrong one with an errcode."""
        any_method = "GET POST PUT PATCH DELETE"
        big = stored.LIMIT_BYTES + MIB
        return [
            route(any_method, "/cgi-bin/stable_token", self.token),
            route(any_method, "/cgi-bin/message/custom/send", self.api("POST", self.send)),
            route(any_method, "/cgi-bin/message/custom/typing", self.api("POST", self.typing)),
            route(any_method, "/cgi-bin/media/upload", self.api("POST", self.upload), limit_bytes=big),
            route(any_method, "/cgi-bin/media/get", self.api("GET", self.download)),
        ]

    def api(self, method: str, step: Step) -> Callable[[Request], Awaitable[Response]]:
        """`step` for callers with a good token and the right method, logged."""

        async def handler(request: Request) -> Response:
            row = tokens.find(self.twin.store, request.query.get("access_token", ""))
            app = self.twin.apps.find(row["app_id"]) if row else None
            app_id = app.app_id if app else ""
            started, at_ms = time.perf_counter(), self.twin.clock.at(app_id)
            try:
                _require(method, request)
                tokens.check(request.query, row, at_ms)
                response = await step(app, at_ms, request) if app else refusal(40001, at_ms)
            except WeChatError as error:
                response = refusal(error.errcode, at_ms)
            self._log(request, response, app_id, at_ms, started)
            return response

        return handler

    async def token(self, request: Request) -> Response:
        """POST /cgi-bin/stable_token."""
        started, app_id, at_ms = time.perf_counter(), "", self.twin.clock.at()
        try:
            _require("POST", request)
            data = sending.body(request.body)
            app = self._authenticated(data)
            app_id, at_ms = app.app_id, self.twin.clock.at(app.app_id)

            def give(fault: str) -> Response:
                force = data.get("force_refresh") is True
                value, lasts = tokens.token(self.twin.store, app_id, at_ms, force=force)
                return answer({"access_token": value, "expires_in": lasts})

            response = await self._perform(app_id, "token", "", request, give)
        except WeChatError as error:
            response = refusal(error.errcode, at_ms)
        self._log(request, response, app_id, at_ms, started)
        return response

    async def send(self, app: App, at_ms: int, request: Request) -> Response:
        """POST /cgi-bin/message/custom/send."""
        data = sending.body(request.body)
        openid = _openid(data)
        kind, content = sending.content(data, partial(self.twin.media.exists, app.app_id, at_ms))
        if not self.twin.apps.knows(app.app_id, openid):
            raise WeChatError(40003)

        def take(fault: str) -> Response:
            decision = self._decide(app.app_id, openid, kind, content, fault)
            self.twin.typing.pop((app.app_id, openid), None)
            return refusal(decision.errcode, at_ms) if decision.errcode else ok()

        def refuse(fault: str, errcode: int) -> None:
            self._record(app.app_id, openid, kind, content, Decision(errcode), fault)

        return await self._perform(app.app_id, "send", openid, request, take, refuse)

    async def typing(self, app: App, at_ms: int, request: Request) -> Response:
        """POST /cgi-bin/message/custom/typing."""
        data = sending.body(request.body)
        openid, command = _openid(data), data.get("command")
        if not self.twin.apps.knows(app.app_id, openid):
            raise WeChatError(40003)
        if command not in ("Typing", "CancelTyping"):
            raise WeChatError(45072)

        def show(fault: str) -> Response:
            return self._show_typing(app.app_id, openid, at_ms, on=command == "Typing")

        return await self._perform(app.app_id, "typing", openid, request, show)

    async def upload(self, app: App, at_ms: int, request: Request) -> Response:
        """POST /cgi-bin/media/upload."""
        if request.query.get("type") != "image":
            raise WeChatError(40004)
        part = multipart.parse(request.body, request.headers.get("content-type", "")).get("media")
        if part is None or not part.body:
            raise WeChatError(41005)
        mime = stored.image_type(part.body)
        if not mime:
            raise WeChatError(40005)
        if len(part.body) > stored.LIMIT_BYTES:
            raise WeChatError(40009)

        def keep(fault: str) -> Response:
            media_id = self.twin.media.add(app.app_id, part.body, mime, at_ms)
            return answer({"type": "image", "media_id": media_id, "created_at": at_ms // SECOND})

        return await self._perform(app.app_id, "media_upload", "", request, keep)

    async def download(self, app: App, at_ms: int, request: Request) -> Response:
        """GET /cgi-bin/media/get."""
        media_id = request.query.get("media_id")
        if not media_id:
            raise WeChatError(41006)

        def give(fault: str) -> Response:
            found = self.twin.media.find(app.app_id, media_id, at_ms)
            return Response(body=found.body, content_type=found.mime) if found else refusal(40007, at_ms)

        return await self._perform(app.app_id, "media_get", "", request, give)

    async def _perform(
        self,
        app_id: str,
        on: str,
        openid: str,
        request: Request,
        do: Do,
        refuse: Callable[[str, int], None] = lambda fault, errcode: None,
    ) -> Response:
        """Carry the call out, under the fault that is armed for it."""
        fault = self.twin.faults.take(app_id, on, openid)
        if fault is None:
            return do("")
        self.twin.changes.tell(app_id)
        return await Call(twin=self.twin, request=request, fault=fault, do=do, refuse=refuse).answer()

    def _decide(self, app_id: str, openid: str, kind: str, content: sending.Content, fault: str) -> Decision:
        """Take one reply or refuse it, in one transaction: two at once never let one too many through."""
        with self.twin.store.transaction():
            decision = self.twin.quota.take(app_id, openid, self.twin.clock.at(app_id))
            self._record(app_id, openid, kind, content, decision, fault)
        return decision

    def _record(
        self, app_id: str, openid: str, kind: str, content: sending.Content, decision: Decision, fault: str
    ) -> None:
        line = Line(
            app_id=app_id,
            openid=openid,
            author="agent",
            type=kind,
            content=content,
            at_ms=self.twin.clock.at(app_id),
            state="refused" if decision.errcode else "taken",
            errcode=decision.errcode,
            grant=decision.grant,
            fault=fault,
        )
        self.twin.messages.add(line)
        self.twin.changes.tell(app_id)

    def _show_typing(self, app_id: str, openid: str, at_ms: int, *, on: bool) -> Response:
        last_ms = self.twin.messages.last_at(app_id, openid)
        if last_ms is None or at_ms - last_ms > TYPING_NEEDS_MS:
            return refusal(45080, at_ms)
        if on and self.twin.typing.get((app_id, openid), 0) > at_ms:
            return refusal(45081, at_ms)
        self.twin.typing[app_id, openid] = at_ms + TYPING_LASTS_MS if on else 0
        self.twin.changes.tell(app_id)
        return ok()

    def _authenticated(self, data: dict[str, Any]) -> App:
        """The app that asks for a token; WeChatError says what is wrong with it."""
        if data.get("grant_type") != "client_credential":
            raise WeChatError(40002)
        if not data.get("appid"):
            raise WeChatError(41002)
        if not data.get("secret"):
            raise WeChatError(41004)
        app = self.twin.apps.find(str(data["appid"]))
        if app is None:
            raise WeChatError(40013)
        if app.app_secret != data["secret"]:
            raise WeChatError(40125)
        return app

    def _log(self, request: Request, response: Response, app_id: str, at_ms: int, started: float) -> None:
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        self.twin.calls.add(
            app_id,
            at=iso(at_ms),
            direction="in",
            method=request.method,
            path=without_secrets(f"{request.path}?{query}" if query else request.path),
            status=response.status,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
            request=preview(request.body),
            response="" if response.cut_after == 0 else preview(response.body),
            fault=response.fault,
            note="" if response.cut_after is None else "connection closed early",
        )
        self.twin.changes.tell(app_id)


def _require(method: str, request: Request) -> None:
    """WeChatError 43001 or 43002 for another method."""
    if request.method != method:
        raise WeChatError(43001 if method == "GET" else 43002)


def _openid(data: dict[str, Any]) -> str:
    """Whom it is for; WeChatError 40003 for what cannot be an openid."""
    openid = data.get("touser")
    if not isinstance(openid, str) or not openid:
        raise WeChatError(40003)
    return openid
