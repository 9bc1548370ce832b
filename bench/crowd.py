"""Accounts and agents for a benchmark, made by the product's own services in one process: `python -m bench.crowd`.

Reads a Plan as JSON, answers with a Crowd as JSON. Everybody is online for a day.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """`apps` are mini-programs as the twin knows them, one account each; `agents` work on each of them."""

    apps: list[dict[str, str]]
    agents: int = 5
    capacity: int = 1000
    supervisor: bool = False


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody at work on the account `account`."""

    id: int
    username: str
    account: str
    token: str


def main() -> None:
    """Make what standard input asks for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415 - only this process needs it

    django.setup()
    plan = Plan(**json.load(sys.stdin))
    found = [agent for app in plan.apps for agent in _account(app, plan)]
    if plan.supervisor:
        found.append(_person("chief", "admin", "", plan.capacity))
    json.dump([asdict(agent) for agent in found], sys.stdout)


def _account(app: dict[str, str], plan: Plan) -> list[Agent]:
    from django.utils import timezone  # noqa: PLC0415

    from inbox.services import accounts  # noqa: PLC0415

    names = ("app_id", "app_secret", "token", "encoding_aes_key", "original_id")
    wanted = accounts.Wanted(
        platform="mini_program",
        key=app["app_id"],
        name=app["name"],
        secrets={name: app[name] for name in names},
        settings={"service_hours": "00:00-24:00", "push_mode": app["push_mode"], "push_format": app["push_format"]},
    )
    accounts.create(wanted, by=None, now=timezone.now())
    return [_person(f"{app['app_id']}-{n}", "agent", app["app_id"], plan.capacity) for n in range(1, plan.agents + 1)]


def _person(username: str, role: str, account: str, capacity: int) -> Agent:
    from django.utils import timezone  # noqa: PLC0415

    from inbox.services.api_tokens import issue_token  # noqa: PLC0415
    from inbox.services.people import Person, create_user  # noqa: PLC0415
    from routing.models import Agent as Row  # noqa: PLC0415

    now = timezone.now()
    accounts = (account,) if account else ()
    user = create_user(Person(username=username, role=role, accounts=accounts), by=None, now=now)
    row: dict[str, Any] = {"state": "online", "state_since": now, "connected_until": now + DAY, "capacity": capacity}
    Row.objects.update_or_create(user=user, defaults=row)
    return Agent(user.pk, username, account, issue_token(user, now=now))


if __name__ == "__main__":
    main()
