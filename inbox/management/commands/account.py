"""`manage.py account create|list|set|pause|resume|remove|rotate`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from inbox.management.words import add_pairs, pairs, refusals
from inbox.models import Account
from inbox.services import accounts
from inbox.services.accounts import hook_url


class Command(BaseCommand):
    """Connect accounts of platforms and change them."""

    help = "Connect accounts of platforms and change them."

    def add_arguments(self, parser: CommandParser) -> None:
        """A parser for each action."""
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="connect an account")
        create.add_argument("--platform", required=True)
        create.add_argument("--key", required=True, help="its name in addresses: letters, digits, - and _")
        create.add_argument("--name", required=True, help="what agents read")
        change = actions.add_parser("set", help="change what is named")
        change.add_argument("--key", required=True)
        change.add_argument("--name", default="")
        for each in (create, change):
            add_pairs(each, "--secret", text="a secret of the platform, like app_id=wx0123")
            add_pairs(each, "--set", text="a setting, like service_hours=09:00-18:00")
        for name in ("pause", "resume", "remove"):
            actions.add_parser(name).add_argument("--key", required=True)
        actions.add_parser("list", help="all accounts that are not removed")
        actions.add_parser("rotate", help="encrypt all secrets anew with the first of FIELD_KEYS")
        for each in actions.choices.values():
            each.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it, and say what is now."""
        with refusals():
            found = ACTIONS[options["action"]](options)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for row in found if isinstance(found, list) else [found]:
            self.stdout.write("  ".join(f"{name}={value}" for name, value in row.items()))


def shown(account: Account) -> dict[str, Any]:
    """What is said of an account; never a secret."""
    return {
        "key": account.key,
        "platform": account.platform,
        "name": account.name,
        "state": str(account.state),
        "hook_url": hook_url(account),
    }


def create(options: dict[str, Any]) -> dict[str, Any]:
    """The new account."""
    wanted = accounts.Wanted(
        platform=options["platform"],
        key=options["key"],
        name=options["name"],
        secrets=pairs(options["secret"], "--secret"),
        settings=pairs(options["set"], "--set"),
    )
    return shown(accounts.create(wanted, by=None, now=timezone.now()))


def change(options: dict[str, Any]) -> dict[str, Any]:
    """The account as it is now."""
    account = accounts.change(
        options["key"],
        name=options["name"],
        secrets=pairs(options["secret"], "--secret"),
        settings=pairs(options["set"], "--set"),
        by=None,
        now=timezone.now(),
    )
    return shown(account)


def listed(_options: dict[str, Any]) -> list[dict[str, Any]]:
    """All that are not removed."""
    return [shown(row) for row in Account.objects.exclude(state=Account.State.REMOVED).order_by("key")]


def rotate(_options: dict[str, Any]) -> dict[str, Any]:
    """How many were done."""
    return {"accounts": accounts.rotate(by=None, now=timezone.now())}


def one(act: Callable[..., Account]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An action that needs nothing but the key."""
    return lambda options: shown(act(options["key"], by=None, now=timezone.now()))


ACTIONS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "create": create,
    "set": change,
    "list": listed,
    "rotate": rotate,
    "pause": one(accounts.pause),
    "resume": one(accounts.resume),
    "remove": one(accounts.remove),
}
