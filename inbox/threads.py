"""Django's database from the event loop, in a thread that gives its connection back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

Params = ParamSpec("Params")
Result = TypeVar("Result")


async def in_thread(work: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
    """What `work` gives or raises. Not in the one thread that everybody shares: there one slow query delays all."""
    return await sync_to_async(_tidy, thread_sensitive=False)(partial(work, *args, **kwargs))


def _tidy(work: Callable[[], Result]) -> Result:
    try:
        return work()
    finally:
        close_old_connections()
