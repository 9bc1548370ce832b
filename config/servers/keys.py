"""Secrets that are made once and kept in `data_dir/keys`, readable by their owner only."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from config.servers.private import make_private


def secret(data_dir: Path, name: str, make: Callable[[], str]) -> str:
    """The secret called `name`, made by `make` if there is none yet; every process gets the same one."""
    path = data_dir / "keys" / name
    try:
        return path.read_text()
    except FileNotFoundError:
        make_private(data_dir, path.parent)
        _keep_first(path, make())
        return path.read_text()


def _keep_first(path: Path, text: str) -> None:
    """Write `text` to `path` unless there is something already; whoever looks sees all of it or nothing."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=".") as file:  # mode 0600
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            pass  # another process was first
