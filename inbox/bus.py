"""Redis (or Valkey) from threads: short time-outs and no second try, for whoever asks can do without."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


@cache
def bus() -> Redis:
    """One pool of connections per process; redis.exceptions.RedisError within about BUS_TIMEOUT when it is away."""
    wait = settings.BUS_TIMEOUT.total_seconds()
    options: dict[str, Any] = {"socket_timeout": wait, "socket_connect_timeout": wait}
    return Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), **options)


def own(name: str) -> str:
    """`name` for this installation: channels are shared by all databases of a server, unlike keys."""
    return f"onequeue:{bus().connection_pool.connection_kwargs.get('db', 0)}:{name}"
