"""Reading NAME=VALUE from the command line, and saying no in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError, CommandParser
from django.utils import translation

from inbox.errors import InboxError


def add_pairs(parser: CommandParser, flag: str, *, text: str) -> None:
    """An option that takes one NAME=VALUE or several, as often as one likes."""
    parser.add_argument(flag, nargs="+", action="extend", default=[], metavar="NAME=VALUE", help=text)


def pairs(words: Iterable[str], flag: str) -> dict[str, str]:
    """What was written; CommandError for what is no pair, or there twice."""
    found: dict[str, str] = {}
    for word in words:
        name, is_pair, value = word.partition("=")
        if not is_pair or not name:
            raise CommandError(f"{flag} takes NAME=VALUE, not {name!r}.")
        if name in found:
            raise CommandError(f"{flag} names {name} twice.")
        found[name] = value
    return found


def names(text: str) -> tuple[str, ...]:
    """Words with commas between."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


@contextmanager
def refusals() -> Iterator[None]:
    """A refusal becomes the command's last word, in English, and exit code 1."""
    try:
        with translation.override("en"):
            yield
    except InboxError as error:
        raise CommandError(str(error)) from error
