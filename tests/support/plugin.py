"""Gives the test run its own PostgreSQL and Valkey, before Django reads its settings.

Loaded by `-p tests.support.plugin` in pyproject.toml, because pytest-django imports the settings before any
conftest, so tests are run by `python -m pytest`.
`DATABASE_URL` and `REDIS_URL` of the caller are used as they are; ./var is never touched.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config.servers import ensure_database, ensure_redis, locks
from config.servers.keeper import stop_keeper
from config.servers.postgres import Postgres
from config.servers.valkey import Valkey

PREFIX = f"onequeue-tests-{os.getuid()}-"
ALIVE = "run.lock"  # held for the life of a run


def prepare() -> None:
    """Point the environment at servers that live as long as this run."""
    data_dir = _own_folder(Path(tempfile.gettempdir()))
    atexit.register(_remove, data_dir)
    os.environ["DATA_DIR"] = str(data_dir)
    os.environ.setdefault("DATABASE_POOL_SIZE", "64")  # rivals in the tests of concurrency all hold a connection
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = ensure_database(data_dir, fast=True)
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = ensure_redis(data_dir, fast=True)


def _own_folder(temporary: Path) -> Path:
    """A new folder; those of runs that were killed are removed: their servers have stopped by themselves."""
    with locks.exclusive(temporary / f"{PREFIX}lock"):
        for folder in temporary.glob(f"{PREFIX}*/"):
            if not locks.is_held(folder / ALIVE):
                _remove(folder)
        own = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary))
        locks.shared(own / ALIVE)
    return own


def _remove(data_dir: Path) -> None:
    for server in (Postgres(data_dir), Valkey(data_dir)):
        stop_keeper(server.folder)
    shutil.rmtree(data_dir, ignore_errors=True)


prepare()
