"""What a customer does on the phone, as the platform records and pushes it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from platforms.sandbox.apps import App
from platforms.sandbox.clock import SECOND
from platforms.sandbox.messages import Line
from platforms.sandbox.twin import Twin
from platforms.sandbox.web import HttpError
from platforms.sandbox.wechat.envelope import Event

TEXT_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something a customer did. `type` is the platform's MsgType, or "enter"; `fields` are the type's own."""

    type: str
    fields: Mapping[str, str]
    ago_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A recorded action, ready to be pushed."""

    id: int
    msg_id: str
    openid: str
    at_ms: int
    event: Event = field(repr=False)


def action(data: Mapping[str, Any]) -> Action:
    """The action that the control API's `data` describes; HttpError 422."""
    kind = str(data.get("action", ""))
    if kind not in FIELDS:
        raise HttpError(422, "bad_action", f"action is one of {', '.join(FIELDS)}")
    fields = {name: data.get(given, default) for given, (name, default) in FIELDS[kind].items()}
    ago = data.get("ago_seconds", 0)
    if not all(isinstance(value, str) for value in fields.values()) or not isinstance(ago, int | float):
        raise HttpError(422, "bad_action", f"{kind} takes text for {', '.join(FIELDS[kind])}")
    if kind == "text" and not 0 < len(fields["Content"]) <= TEXT_CHARACTERS:
        raise HttpError(422, "bad_action", f"text has 1 to {TEXT_CHARACTERS} characters")
    return Action(type=TYPES[kind], fields=fields, ago_ms=int(ago * SECOND))


TYPES = {"text": "text", "image": "image", "card": "miniprogrampage", "enter": "enter"}
# the control API's word: (the platform's, what it is if not given)
FIELDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "text": {"text": ("Content", "")},
    "image": {"media_id": ("MediaId", ""), "url": ("PicUrl", "")},
    "card": {
        "title": ("Title", "云朵羽绒服"),
        "app_id": ("AppId", ""),
        "path": ("PagePath", "pages/goods/detail?id=10086"),
        "thumb_url": ("ThumbUrl", ""),
        "thumb_media_id": ("ThumbMediaId", ""),
    },
    "enter": {"session_from": ("SessionFrom", "")},
}


def record(twin: Twin, app: App, openid: str, done: Action) -> Said:
    """Write down what the customer did, and what it allows, in one transaction."""
    entering = done.type == "enter"
    at_ms = twin.clock.at(app.app_id) - done.ago_ms
    msg_id = "" if entering else str(twin.next_msg_id())
    event = _event(app, openid, done, at_ms, msg_id)
    with twin.store.transaction():
        if not twin.apps.knows(app.app_id, openid):
            twin.apps.save_customer(app.app_id, openid, "")
        line = Line(
            app_id=app.app_id,
            openid=openid,
            author="customer",
            type=done.type,
            content=done.fields,
            at_ms=at_ms,
            msg_id=msg_id,
            state="pending",
        )
        number = twin.messages.add(line)
        twin.quota.allow(app.app_id, openid, "enter" if entering else "message", at_ms)
    twin.changes.tell(app.app_id)
    return Said(id=number, msg_id=msg_id, openid=openid, at_ms=at_ms, event=event)


def recorded(app: App, row: sqlite3.Row) -> Said:
    """The action in a row of the record."""
    done = Action(type=row["type"], fields=json.loads(row["content"]))
    event = _event(app, row["openid"], done, row["at_ms"], row["msg_id"])
    return Said(id=row["id"], msg_id=row["msg_id"], openid=row["openid"], at_ms=row["at_ms"], event=event)


def _event(app: App, openid: str, done: Action, at_ms: int, msg_id: str) -> Event:
    """The push, its keys in the order of the official examples."""
    event: dict[str, str | int] = {"ToUserName": app.original_id, "FromUserName": openid}
    event["CreateTime"] = at_ms // SECOND
    if done.type == "enter":
        return event | {"MsgType": "event", "Event": "user_enter_tempsession"} | dict(done.fields)
    return event | {"MsgType": done.type} | dict(done.fields) | {"MsgId": int(msg_id)}
