"""Locks on files, which the kernel gives back when their process ends, however it ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.01


def shared(path: Path) -> int:
    """A shared lock on `path`, waited for; the open descriptor that holds it, not passed on to programs."""
    return _lock(path, fcntl.LOCK_SH)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the exclusive lock on `path`, waiting for it."""
    held = _lock(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(held)


def try_exclusive(path: Path, *, within: float = 0) -> int | None:
    """The exclusive lock on `path`, or None if somebody else kept it for `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        try:
            return _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return None
            time.sleep(POLL_SECONDS)


def is_held(path: Path) -> bool:
    """Whether some process holds a lock on `path`."""
    held = try_exclusive(path)
    if held is None:
        return True
    os.close(held)
    return False


def is_same_file(descriptor: int, path: Path) -> bool:
    """Whether `descriptor` is still the file at `path`: nobody has removed or replaced it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _lock(path: Path, operation: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, operation)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
