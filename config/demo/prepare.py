"""The demo's part that ends: migrates, waits for the sandbox, seeds, and says so in lines of JSON."""

import json
import os
import sys
import time
from io import StringIO

from config.demo.ready import answers

SANDBOX_SECONDS = 60.0
POLL_SECONDS = 0.05


def main() -> int:
    """Prepare; the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    migrate()
    say(migrated=True)
    sandbox = os.environ["SANDBOX_URL"]
    deadline = time.monotonic() + SANDBOX_SECONDS
    while not answers(sandbox):
        if time.monotonic() > deadline:
            print(f"the sandbox does not answer at {sandbox}", file=sys.stderr)
            return 1
        time.sleep(POLL_SECONDS)
    say(seeded=seed())
    return 0


def migrate() -> None:
    """Bring the database up to date; quick when it is."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def seed() -> object:
    """What `seed_demo --json` says: the logins; None if there is no such command."""
    from django.core.management import call_command, get_commands

    if "seed_demo" not in get_commands():
        return None
    output = StringIO()
    call_command("seed_demo", json=True, stdout=output)
    return json.loads(output.getvalue() or "null")


def say(**fact: object) -> None:
    """One line for the demo to read."""
    print(json.dumps(fact), flush=True)


if __name__ == "__main__":
    sys.exit(main())
