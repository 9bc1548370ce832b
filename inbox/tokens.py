"""Access tokens of accounts: kept in Redis, encrypted, for all processes; fetched by one at a time.

How old a token is, Redis counts: a key's remaining life needs no clock of ours.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from secrets import token_hex

from cryptography.fernet import InvalidToken
from redis.exceptions import LockError, RedisError

from inbox.bus import bus
from inbox.crypto import seal, unseal
from platforms.base import Token
from platforms.deadline import clipped
from platforms.errors import NotTaken

MARGIN = timedelta(minutes=10)  # renewed this long before its end, but not before four fifths of its life
FETCH_LASTS_SECONDS = 15.0  # longer than any call to a platform; then a dead process's turn is over
WAIT_SECONDS = 12.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class _Kept:
    """A token in the store. `id` tells one fetch from the next, also where a platform gives the same token again."""

    value: str
    id: str
    is_young: bool

    def serves(self, stale: str, seen: str) -> bool:
        """It is not the stale one, or was fetched since that was `seen` (an id)."""
        return self.value != stale or self.id != seen


class RedisTokenStore:
    """The token of one account. Other secrets are another key, so a changed one drops it."""

    def __init__(self, account: int, secrets: Mapping[str, str]) -> None:
        fingerprint = sha256(json.dumps(dict(secrets), sort_keys=True).encode()).hexdigest()[:20]
        self._key = f"onequeue:token:{account}:{fingerprint}"

    def get(self, fetch: Callable[[], Token], *, stale: str = "") -> str:
        """The token. One process at a time calls `fetch`, when there is none, it is near its end, or it is `stale`.

        NotTaken when Redis is away or another process's fetch takes too long; whatever `fetch` raises.
        """
        try:
            return self._get(fetch, stale)
        except RedisError as error:
            raise NotTaken(f"the token store is away ({type(error).__name__})") from error

    def _get(self, fetch: Callable[[], Token], stale: str) -> str:
        kept = self._read()
        seen = kept.id if kept else ""
        ends_at = time.monotonic() + clipped(WAIT_SECONDS)
        while True:
            if kept is not None and kept.is_young and kept.serves(stale, seen):
                return kept.value
            with self._turn() as is_ours:
                if is_ours:
                    return self._renew(fetch, stale, seen)
            if kept is not None and kept.serves(stale, seen):
                return kept.value  # near its end, and somebody is fetching the next
            if time.monotonic() > ends_at:
                raise NotTaken("another process is fetching the token")
            time.sleep(POLL_SECONDS)
            kept = self._read()

    def _renew(self, fetch: Callable[[], Token], stale: str, seen: str) -> str:
        kept = self._read()
        if kept is not None and kept.is_young and kept.serves(stale, seen):
            return kept.value  # somebody did between our look and our turn
        token = fetch()
        self._write(token)
        return token.value

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        lock = bus().lock(f"{self._key}:turn", timeout=FETCH_LASTS_SECONDS, blocking=False)
        is_ours = lock.acquire()
        try:
            yield is_ours
        finally:
            if is_ours:
                _release(lock.release)

    def _read(self) -> _Kept | None:
        with bus().pipeline(transaction=True) as pipe:
            pipe.get(self._key)
            pipe.pttl(self._key)
            sealed, life_ms = pipe.execute()
        if sealed is None:
            return None
        try:
            kept = unseal(sealed.decode())
        except InvalidToken:
            return None
        return _Kept(kept["value"], kept["id"], is_young=life_ms > kept["margin_ms"])

    def _write(self, token: Token) -> None:
        margin = min(MARGIN, token.lasts / 5)
        kept = {"value": token.value, "id": token_hex(8), "margin_ms": margin.total_seconds() * 1000}
        bus().set(self._key, seal(kept), px=token.lasts)


def _release(release: Callable[[], None]) -> None:
    with suppress(LockError):  # its time was over: somebody else's turn has begun
        release()
