"""`manage.py seed_demo`: shops, people, a past day and waiting customers; does nothing twice."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from inbox.management.demo import cast, past, present
from inbox.management.words import refusals
from inbox.models import Account, User
from inbox.services.accounts import hook_url
from metrics.services.rollups import add_up
from routing.models import Agent


class Command(BaseCommand):
    """Fill an empty product with a demo."""

    help = "Fill an empty product with a demo: shops, people, a past day, and customers who wait."

    def add_arguments(self, parser: CommandParser) -> None:
        """How to answer."""
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Seed what is missing, and print the logins."""
        now = timezone.now()
        with refusals():
            accounts = known() or seed(now=now)
        try:
            if settings.SANDBOX_URL:
                present.register(accounts, twin=settings.SANDBOX_URL)
            present.let_wait(accounts, twin=settings.SANDBOX_URL, now=now)
        except httpx.HTTPError as error:
            raise CommandError(f"The sandbox at {settings.SANDBOX_URL} does not answer: {error}") from error
        found = {"logins": cast.logins(), "accounts": [shown(account) for account in accounts]}
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for login in found["logins"]:
            self.stdout.write("  ".join(login.values()))


def known() -> list[Account]:
    """The demo's shops, if they are there."""
    rows = {account.key: account for account in Account.objects.filter(key__in=[shop.key for shop in cast.SHOPS])}
    return [rows[shop.key] for shop in cast.SHOPS] if len(rows) == len(cast.SHOPS) else []


@transaction.atomic
def seed(*, now: datetime) -> list[Account]:
    """All or nothing, and unseen by the workers until it is done."""
    accounts = cast.hire_and_open(now=now - timedelta(days=2))
    agents = Agent.objects.filter(user__username__in=cast.AGENTS)
    agents.update(state=Agent.State.ONLINE, connected_until=now)
    people = list(User.objects.filter(username__in=cast.AGENTS).order_by("id"))
    past.live_through(accounts, people, now=now)
    agents.update(state=Agent.State.OFFLINE, connected_until=None, state_since=now)
    while add_up():
        pass
    connection.run_on_commit.clear()  # hints: nobody looks at the past
    return accounts


def shown(account: Account) -> dict[str, str]:
    """For the terminal."""
    return {
        "key": account.key,
        "platform": account.platform,
        "name": account.name,
        "app_id": account.app_id,
        "hook_url": hook_url(account),
    }
