"""`manage.py user create|set|token|list`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from inbox.errors import Invalid
from inbox.management.words import names, refusals
from inbox.models import User
from inbox.services.api_tokens import issue_token, replace_tokens
from inbox.services.passwords import set_password
from inbox.services.people import BY_DEFAULT, Person, Right, create_user, rights_of, set_active
from routing.services.capacity import set_capacity
from routing.services.membership import take_out_of_service, work_on


class Command(BaseCommand):
    """People who work here."""

    help = "People who work here."

    def add_arguments(self, parser: CommandParser) -> None:
        """A parser for each action."""
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="a new person, with a token for their programs")
        create.add_argument("--username", required=True)
        create.add_argument("--password", default="", help="theirs for good; without it a first one is made up")
        create.add_argument("--role", default="agent", help=", ".join(User.Role.values))
        create.add_argument("--accounts", default="", help="keys, commas between")
        create.add_argument("--capacity", type=int, help="conversations at once")
        create.add_argument("--phone", default="")
        create.add_argument("--real-name", default="")
        create.add_argument("--grant", action="append", help="exactly these of reply,orders,aftersale; else reply")
        change = actions.add_parser("set", help="another password, capacity, accounts, or in and out of service")
        change.add_argument("--username", required=True)
        change.add_argument("--password", help="signs them out everywhere and ends their tokens")
        change.add_argument("--capacity", type=int, help="conversations at once")
        change.add_argument("--accounts", help="exactly these keys, commas between; what they have elsewhere is queued")
        change.add_argument(
            "--grant",
            action="append",
            help="exactly these of reply,orders,aftersale on all their accounts; else as it was, reply where new",
        )
        change.add_argument("--active", choices=["on", "off"], help="off: out at once, what they have is queued")
        token = actions.add_parser("token", help="a new token for their programs; the old ones end")
        token.add_argument("--username", required=True)
        actions.add_parser("list", help="everybody")
        for each in actions.choices.values():
            each.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it, and say what is now."""
        with refusals():
            found = _ACTIONS[options["action"]](options)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for row in found if isinstance(found, list) else [found]:
            self.stdout.write("  ".join(f"{name}={value}" for name, value in row.items()))


@transaction.atomic
def create(options: dict[str, Any]) -> dict[str, Any]:
    """The new user with their token, which is shown only now; a made-up first password too."""
    now = timezone.now()
    first = "" if options["password"] else secrets.token_urlsafe(9)
    wanted = Person(
        username=options["username"],
        password=options["password"] or first,
        role=options["role"],
        real_name=options["real_name"],
        phone=options["phone"],
        accounts=names(options["accounts"]),
        rights=BY_DEFAULT if (granted := _granted(options)) is None else granted,
        must_change_password=bool(first),
    )
    user = create_user(wanted, by=None, now=now)
    set_capacity(user, options["capacity"], by=None, now=now)
    found = {"id": user.pk, "username": user.username, "role": user.role, "token": issue_token(user, now=now)}
    return found | ({"password": first} if first else {})


@transaction.atomic
def change(options: dict[str, Any]) -> list[dict[str, Any]]:
    """Only what was said; how they are now."""
    now = timezone.now()
    user = _named(options["username"])
    if options["password"]:
        set_password(user, options["password"], by=None, now=now)
    set_capacity(user, options["capacity"], by=None, now=now)
    if options["active"] == "off":
        take_out_of_service(user, by=None, now=now)
    if options["accounts"] is not None or options["grant"] is not None:
        keys = None if options["accounts"] is None else names(options["accounts"])
        work_on(user, keys, rights=_granted(options), by=None, now=now)
    if options["active"] == "on":
        set_active(user, active=True, by=None, now=now)
    return [row for row in listed(options) if row["id"] == user.pk]


def token(options: dict[str, Any]) -> dict[str, Any]:
    """A new token, which is shown only now."""
    user = _named(options["username"])
    fresh = replace_tokens(user, by=None, now=timezone.now())
    return {"id": user.pk, "username": user.username, "token": fresh}


def _named(username: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        raise Invalid(f"There is no user “{username}”.", where="username")
    return user


def _granted(options: dict[str, Any]) -> Collection[Right] | None:
    return None if options["grant"] is None else rights_of(names(",".join(options["grant"])))


def listed(_options: dict[str, Any]) -> list[dict[str, Any]]:
    """Everybody, by name."""
    rows = User.objects.order_by("username").prefetch_related("accounts")
    return [
        {
            "id": row.pk,
            "username": row.username,
            "name": row.shown_name,
            "role": row.role,
            "active": row.is_active,
            "accounts": sorted(account.key for account in row.accounts.all()),
        }
        for row in rows
    ]


_ACTIONS: dict[str, Callable[[dict[str, Any]], Any]] = {"create": create, "set": change, "token": token, "list": listed}
