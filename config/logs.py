"""Logs: one JSON object a line, with the request's id; never a message's text, a secret or a person's name."""

from __future__ import annotations

import logging.config
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import psycopg
import structlog
from django.db.utils import Error as DatabaseError
from structlog.typing import EventDict, Processor

ROWS = ("DETAIL:", "CONTEXT:")  # what follows holds what stands in a row
REQUESTS = "django.request"  # what nobody foresaw of a request: any text may be in it


def configure(*, level: str, plain: bool) -> None:
    """Send the standard library's loggers and structlog's through one formatter. `plain` is for eyes."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_error,
    ]
    renderer: Processor = structlog.processors.JSONRenderer()
    if plain:
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {"httpx": {"level": "WARNING"}, "daphne.http_protocol": {"level": "WARNING"}},
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def tell_error(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """`exc_info` as `exception`: where it happened and what, without what stands in the database's rows."""
    error = _error_of(event.pop("exc_info", None))
    if error is None:
        return event
    chain = list(_chain(error))
    if any(_is_of_the_database(each) for each in chain):
        event["event"] = _without_rows(str(event.get("event", "")))
    silent = event.get("logger") == REQUESTS
    event["exception"] = "\n".join(_told(each, silent=silent) for each in reversed(chain))
    return event


def _error_of(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    found = exc_info if isinstance(exc_info, tuple) else sys.exc_info() if exc_info else (None, None, None)
    error: BaseException | None = found[1]
    return error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and what led to it."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _told(error: BaseException, *, silent: bool) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if _is_of_the_database(error):
        words = next(iter(_without_rows(str(error)).splitlines()), "")
        name = error.diag.constraint_name if isinstance(error, psycopg.Error) else None
        words += f" [{name}]" if name else ""
    else:
        words = "" if silent else str(error)
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{kind}: {words}".removesuffix(": ")


def _is_of_the_database(error: BaseException) -> bool:
    return isinstance(error, psycopg.Error | DatabaseError)


def _without_rows(words: str) -> str:
    for mark in ROWS:
        words = words.partition(mark)[0]
    return words.rstrip()
