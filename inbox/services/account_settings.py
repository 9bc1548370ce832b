"""What may be set on an account: our own settings in columns, the platform's and overridden numbers as options."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from inbox import errors
from inbox.hours import parse
from inbox.models import Account
from platforms.base import Platform, Problem
from platforms.limits import parse_allowance
from platforms.registry import PLATFORMS

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
NAME_CHARACTERS = 120
VALUE_CHARACTERS = 255
MOST = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Own:
    """Values for the account's columns, and what was wrong with others."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def check_naming(platform: str, key: str, name: str) -> None:
    """Invalid with a sentence."""
    if platform not in PLATFORMS:
        raise errors.Invalid(
            f"There is no platform “{platform}”: it is one of {', '.join(PLATFORMS)}.", where="platform"
        )
    if not _KEY.fullmatch(key):
        raise errors.Invalid("A key is 1 to 64 letters, digits, - and _.", where="key")
    if not name.strip() or len(name) > NAME_CHARACTERS or not name.isprintable():
        raise errors.Invalid(f"A name is 1 to {NAME_CHARACTERS} characters.", where="name")


def split(platform: Platform, settings: Mapping[str, str]) -> tuple[Own, dict[str, str]]:
    """Our own settings, read, and the options; what neither of us knows is a problem."""
    own, options = Own(), {}
    free = {**_FREE, **{each.name: _text for each in platform.settings}}
    for name, text in settings.items():
        read = _COLUMNS.get(name) or free.get(name)
        if read is None:
            known = ", ".join(sorted({*_COLUMNS, *free}))
            own.problems.append(Problem(name, "unknown", f"there is no such setting; there are {known}"))
            continue
        try:
            value = read(text)
        except ValueError as error:
            own.problems.append(Problem(name, "format", str(error)))
            continue
        if name in _COLUMNS:
            own.values[name] = value
        else:
            options[name] = value
    return own, options


def _text(text: str) -> str:
    if len(text) > VALUE_CHARACTERS or not (text.isprintable() or not text):
        raise ValueError(f"it is at most {VALUE_CHARACTERS} printable characters")
    return text


def _one_of(choices: list[tuple[str, Any]]) -> Callable[[str], str]:
    known = [value for value, _label in choices]

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"it is one of {', '.join(known)}")
        return text

    return read


def _hours(text: str) -> str:
    parse(_text(text))
    return text


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:12]) <= MOST):
        raise ValueError("it is a whole number, 1 or more")
    return int(text)


def _number_or_nothing(text: str) -> int | None:
    return _number(text) if text else None


def _address(text: str) -> str:
    parts = urlsplit(_text(text))
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ValueError("it is an address like https://api.example.com, or nothing for the platform's own")
    return text.rstrip("/")


def _allowance(text: str) -> str:
    if text:
        try:
            parse_allowance(_text(text))
        except (ValueError, OverflowError) as error:
            raise ValueError("it is replies/seconds, like 5/172800, or nothing for the platform's own") from error
    return text


_COLUMNS: Mapping[str, Callable[[str], Any]] = {
    "road": _one_of(Account.Road.choices),
    "routing_mode": _one_of(Account.RoutingMode.choices),
    "queue_order": _one_of(Account.QueueOrder.choices),
    "service_hours": _hours,
    "target_seconds": _number,
    "max_agents": _number_or_nothing,
    "api_base": _address,
}
_FREE: Mapping[str, Callable[[str], str]] = {
    "grant.message": _allowance,
    "grant.enter": _allowance,
    "thanks": _text,
}
