"""Apps registered with the platform, and their customers."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from platforms.sandbox.store import Store
from platforms.sandbox.web import HttpError

MODES = ("plain", "compatible", "secure")
FORMATS = ("json", "xml")
LETTERS = string.ascii_letters + string.digits


def random_word(length: int) -> str:
    """Letters and digits that nobody guesses."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def new_openid() -> str:
    """An openid, unique to an app, as the platform makes them."""
    return "o" + random_word(27)


def random_key() -> str:
    """An EncodingAESKey: 43 characters; the last one has no bits that count for nothing."""
    return random_word(42) + secrets.choice("AEIMQUYcgkosw048")


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A mini-program as its console knows it. `hook_url` is "" while pushing is off."""

    app_id: str
    name: str = "示例小程序"
    app_secret: str = field(default_factory=lambda: random_word(32), repr=False)
    token: str = field(default_factory=lambda: random_word(16), repr=False)
    encoding_aes_key: str = field(default_factory=random_key, repr=False)
    original_id: str = field(default_factory=lambda: "gh_" + secrets.token_hex(6))
    push_mode: str = "secure"
    push_format: str = "json"
    hook_url: str = ""

    def as_json(self) -> dict[str, str]:
        """Everything, with the secrets."""
        return asdict(self)

    def row(self) -> tuple[str, ...]:
        """The columns of the table `app`, in its order."""
        return tuple(self.as_json().values())

    def public(self) -> dict[str, str]:
        """What the phone page may know."""
        hidden = {"app_secret", "token", "encoding_aes_key"}
        return {name: value for name, value in self.as_json().items() if name not in hidden}


FORGET_TALK = (
    "DELETE FROM message WHERE app_id = ?",
    "DELETE FROM grants WHERE app_id = ?",
    "DELETE FROM clock WHERE app_id = ?",
)
FORGET_APP = (
    "DELETE FROM token WHERE app_id = ?",
    "DELETE FROM media WHERE app_id = ?",
    "DELETE FROM customer WHERE app_id = ?",
    "DELETE FROM app WHERE app_id = ?",
)
NAMES = tuple(each.name for each in fields(App))


def check(data: Mapping[str, Any]) -> None:
    """HttpError 422 for what is no app's."""
    wrong = [name for name, value in data.items() if name not in NAMES or not isinstance(value, str)]
    if wrong:
        raise HttpError(422, "bad_app", f"unknown, or not text: {', '.join(wrong)}")
    if not data.get("app_id"):
        raise HttpError(422, "bad_app", "app_id is missing")
    if data.get("push_mode", "plain") not in MODES or data.get("push_format", "json") not in FORMATS:
        raise HttpError(422, "bad_app", f"push_mode is one of {MODES}, push_format one of {FORMATS}")
    if len(data.get("encoding_aes_key", "x" * 43)) != 43:
        raise HttpError(422, "bad_app", "encoding_aes_key has 43 characters")


class Apps:
    """The registered apps and their customers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save(self, data: Mapping[str, Any]) -> App:
        """Register an app, or change what `data` names of one; what is new and not named is made up."""
        check(data)
        with self._store.transaction():
            known = self.find(data["app_id"])
            app = App(**((known.as_json() if known else {}) | dict(data)))
            self._store.run("INSERT OR REPLACE INTO app VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *app.row())
        return app

    def find(self, app_id: str) -> App | None:
        """The app, if it is registered."""
        row = self._store.row("SELECT * FROM app WHERE app_id = ?", app_id)
        return App(**dict(row)) if row else None

    def get(self, app_id: str) -> App:
        """The app; HttpError 404."""
        app = self.find(app_id)
        if app is None:
            raise HttpError(404, "no_app", f"no app {app_id}")
        return app

    def all(self) -> list[App]:
        """Every app, by name."""
        rows = self._store.rows("SELECT * FROM app ORDER BY name, app_id")
        return [App(**dict(row)) for row in rows]

    def remove(self, app_id: str) -> None:
        """Forget an app and all that belongs to it."""
        with self._store.transaction():
            for statement in (*FORGET_TALK, *FORGET_APP):
                self._store.run(statement, app_id)

    def forget_talk(self, app_id: str) -> None:
        """Forget the messages, grants and clock of an app; it and its customers stay."""
        with self._store.transaction():
            for statement in FORGET_TALK:
                self._store.run(statement, app_id)

    def save_customer(self, app_id: str, openid: str, name: str = "") -> None:
        """Make a customer known; an empty name changes none."""
        sql = """INSERT INTO customer VALUES (?, ?, ?) ON CONFLICT (app_id, openid)
                 DO UPDATE SET name = excluded.name WHERE excluded.name <> ''"""
        self._store.run(sql, app_id, openid, name)

    def knows(self, app_id: str, openid: str) -> bool:
        """Whether `openid` is of this app."""
        sql = "SELECT 1 FROM customer WHERE app_id = ? AND openid = ?"
        return self._store.row(sql, app_id, openid) is not None

    def customers(self, app_id: str) -> list[dict[str, str]]:
        """The customers, those who talked last first."""
        sql = """SELECT openid, name FROM customer AS c WHERE app_id = ? ORDER BY (
                   SELECT max(id) FROM message AS m WHERE m.app_id = c.app_id AND m.openid = c.openid
                 ) DESC NULLS LAST, name LIMIT 500"""
        return [dict(row) for row in self._store.rows(sql, app_id)]
