"""Misbehaviour on demand: armed per app, for so many times, for so long, or until it is cleared."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from platforms.sandbox.web import HttpError

CALLS = ("send", "typing", "token", "media_upload", "media_get")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A way to misbehave, on calls or on a "push"; `taken` is None where nothing can have been taken."""

    label: str
    calls: tuple[str, ...] = CALLS
    taken: bool | None = None
    seconds: float = 0.0
    copies: int = 0


SEND = ("send",)
PUSH = ("push",)
TOKEN_USERS = ("send", "typing", "media_upload", "media_get")

KINDS: Mapping[str, Kind] = {
    "http_500": Kind(label="服务器错误 500", taken=False),
    "busy": Kind(label="系统繁忙 -1", taken=False),
    "token_expired": Kind(label="token 过期 42001", calls=TOKEN_USERS),
    "token_invalid": Kind(label="token 失效 40001", calls=TOKEN_USERS),
    "timeout_before": Kind(label="超时，消息未收下", taken=False, seconds=30),
    "timeout_after": Kind(label="超时，消息已收下", taken=True, seconds=30),
    "slow": Kind(label="响应慢", seconds=3),
    "quota": Kind(label="条数用完 45047", calls=SEND),
    "window": Kind(label="超过时限 45015", calls=SEND),
    "rate_limit": Kind(label="频率限制 45011"),
    "garbage": Kind(label="收下后回乱码", taken=True),
    "truncated": Kind(label="收下后回一半", taken=True),
    "duplicate": Kind(label="重复推送", calls=PUSH, copies=2),
    "reorder": Kind(label="后发先到", calls=PUSH, seconds=10),
    "delay": Kind(label="推送延迟", calls=PUSH, seconds=5),
    "lost": Kind(label="推送丢失", calls=PUSH),
    "bad_signature": Kind(label="签名错误", calls=PUSH),
    "bad_envelope": Kind(label="密文损坏", calls=PUSH),
}


@dataclass(slots=True, kw_only=True)
class Fault:
    """One armed misbehaviour. `times` None and `until` None: until cleared; `openid` "": any customer."""

    id: int
    app_id: str
    kind: str
    on: str
    openid: str
    times: int | None
    until: float | None
    taken: bool
    seconds: float
    copies: int

    def as_json(self, now: float) -> dict[str, Any]:
        """As the control API shows it; `seconds_left` is None without an end."""
        names = ("id", "kind", "on", "openid", "times", "taken", "seconds", "copies")
        left = None if self.until is None else round(max(self.until - now, 0), 1)
        return {name: getattr(self, name) for name in names} | {"seconds_left": left}


def fault(number: int, app_id: str, data: Mapping[str, Any], now: float) -> Fault:
    """What `data` asks for, the kind's own values where it is silent; HttpError 422."""
    kind = KINDS.get(data.get("kind", ""))
    if kind is None:
        raise HttpError(422, "bad_fault", f"kind is one of {', '.join(KINDS)}")
    on = data.get("on", kind.calls[0])
    if on not in kind.calls:
        raise HttpError(422, "bad_fault", f"on is one of {', '.join(kind.calls)}")
    try:
        lasts = data.get("for_seconds")
        return Fault(
            id=number,
            app_id=app_id,
            kind=data["kind"],
            on=on,
            openid=str(data.get("openid", "")),
            times=None if data.get("times") is None else int(data["times"]),
            until=None if lasts is None else now + float(lasts),
            taken=bool(data.get("taken", kind.taken)),
            seconds=min(float(data.get("seconds", kind.seconds)), 600.0),
            copies=min(int(data.get("copies", kind.copies)), 100),
        )
    except (TypeError, ValueError) as error:
        raise HttpError(422, "bad_fault", str(error)) from error


class Faults:
    """What is armed, in memory: a restart clears it. Durations are real time, not the platform's clock."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._armed: list[Fault] = []
        self._ids = itertools.count(1)

    def arm(self, app_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Arm one more; HttpError 422."""
        armed = fault(next(self._ids), app_id, data, self._now())
        self._armed.append(armed)
        return armed.as_json(self._now())

    def clear(self, app_id: str, number: int | None = None) -> None:
        """Disarm one fault of an app, or all."""
        self._armed = [
            each for each in self._armed if each.app_id != app_id or (number is not None and each.id != number)
        ]

    def armed(self, app_id: str) -> list[dict[str, Any]]:
        """The armed ones of an app, as JSON."""
        self._drop_spent()
        return [each.as_json(self._now()) for each in self._armed if each.app_id == app_id]

    def take(self, app_id: str, on: str, openid: str = "") -> Fault | None:
        """The fault for this call, used up by one time; None if it goes well."""
        found = next(iter(self._due(app_id, on, openid)), None)
        if found:
            self._use(found)
        return found

    def take_each(self, app_id: str, on: str, openid: str) -> dict[str, Fault]:
        """One fault of each kind for this push, each used up by one time."""
        found = {each.kind: each for each in reversed(self._due(app_id, on, openid))}
        for each in found.values():
            self._use(each)
        return found

    def _due(self, app_id: str, on: str, openid: str) -> list[Fault]:
        if not self._armed:
            return []
        self._drop_spent()
        return [each for each in self._armed if each.app_id == app_id and each.on == on and each.openid in ("", openid)]

    def _drop_spent(self) -> None:
        now = self._now()
        self._armed = [each for each in self._armed if each.times != 0 and (each.until is None or each.until > now)]

    @staticmethod
    def _use(found: Fault) -> None:
        if found.times is not None:
            found.times -= 1
