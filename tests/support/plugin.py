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

from config.servers import ensure_database, ensure_redis
from config.servers.keeper import stop_keeper
from config.servers.postgres import Postgres
from config.servers.valkey import Valkey

PREFIX = "onequeue-tests-"


def prepare() -> None:
    """Point the environment at servers that live as long as this run."""
    _remove_abandoned()
    data_dir = Path(tempfile.mkdtemp(prefix=PREFIX))
    atexit.register(_remove, data_dir)
    os.environ["DATA_DIR"] = str(data_dir)
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = ensure_database(data_dir, fast=True)
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = ensure_redis(data_dir, fast=True)


def _remove(data_dir: Path) -> None:
    for server in (Postgres(data_dir), Valkey(data_dir)):
        stop_keeper(server.folder)
    shutil.rmtree(data_dir, ignore_errors=True)


def _remove_abandoned() -> None:
    """Remove what a run left that was killed; its servers have stopped by themselves."""
    for data_dir in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if os.access(data_dir, os.W_OK) and not any(make(data_dir).folder.is_used() for make in (Postgres, Valkey)):
            shutil.rmtree(data_dir, ignore_errors=True)


prepare()
