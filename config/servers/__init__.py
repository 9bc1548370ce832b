"""The PostgreSQL and the Valkey that OneQueue brings along, for when it is given no other.

`ensure_database` and `ensure_redis` answer with the URL of a running server that keeps its data under
`data_dir`. A detached keeper (`keeper.py`) starts each server, restarts it when it dies, and stops it once no
process that asked for it is left. Nothing in this package but the binaries comes from outside the standard
library, so a keeper starts fast and stays small.
"""

from pathlib import Path

from config.servers.client import ensure
from config.servers.errors import ServerError
from config.servers.postgres import Postgres
from config.servers.valkey import Valkey

__all__ = ["ServerError", "ensure_database", "ensure_redis"]


def ensure_database(data_dir: Path, *, fast: bool = False) -> str:
    """The `postgresql://` URL of the embedded PostgreSQL in `data_dir`; ServerError if it cannot be had.

    `fast` gives up what protects data from a power cut, for tests.
    """
    return ensure(Postgres(data_dir, fast=fast))


def ensure_redis(data_dir: Path, *, fast: bool = False) -> str:
    """The `redis://` URL of the embedded Valkey in `data_dir`; ServerError if it cannot be had."""
    return ensure(Valkey(data_dir, fast=fast))
