"""`python -m config.servers status|stop` for people; `keep` is how `client.py` starts a keeper."""

import argparse
import os
import sys
from pathlib import Path

from config.servers.client import BASE_DIR
from config.servers.errors import ServerError
from config.servers.keeper import keep, stop_keeper
from config.servers.postgres import Postgres
from config.servers.server import Server
from config.servers.valkey import Valkey

SERVERS: dict[str, type[Server]] = {"postgres": Postgres, "valkey": Valkey}


def main() -> int:
    """Do what the command line says; the exit code."""
    options = _parse()
    if options.do == "keep":
        return keep(SERVERS[options.server](options.data_dir, fast=options.fast), linger=options.linger)
    for make in SERVERS.values():
        folder = make(options.data_dir).folder
        if options.do == "stop":
            stop_keeper(folder)
        state = "stopped" if not folder.is_kept() else "running" if folder.url() else "starting"
        print(f"{make.name}: {state} ({folder.path})")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.servers", description=__doc__)
    commands = parser.add_subparsers(dest="do", required=True)
    for name in ("status", "stop"):
        commands.add_parser(name).add_argument(
            "data_dir", nargs="?", type=Path, default=Path(os.environ.get("DATA_DIR") or BASE_DIR / "var")
        )
    kept = commands.add_parser("keep")
    kept.add_argument("server", choices=SERVERS)
    kept.add_argument("data_dir", type=Path)
    kept.add_argument("--linger", type=float, required=True, help="seconds to stay after the last user")
    kept.add_argument("--fast", action="store_true", help="do not protect data from a power cut")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ServerError as error:
        sys.exit(str(error))
