"""`manage.py user create|list`."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from inbox.management.words import names, refusals
from inbox.models import User
from inbox.services.api_tokens import issue_token
from inbox.services.people import BY_DEFAULT, Person, create_user, rights_of
from routing.services.capacity import set_capacity


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
        actions.add_parser("list", help="everybody")
        for each in actions.choices.values():
            each.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it, and say what is now."""
        with refusals():
            found = create(options) if options["action"] == "create" else listed()
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for row in found if isinstance(found, list) else [found]:
            self.stdout.write("  ".join(f"{name}={value}" for name, value in row.items()))


@transaction.atomic
def create(options: dict[str, Any]) -> dict[str, Any]:
    """The new user with their token, which is shown only now; a made-up first password too."""
    now = timezone.now()
    granted = options["grant"]
    first = "" if options["password"] else secrets.token_urlsafe(9)
    wanted = Person(
        username=options["username"],
        password=options["password"] or first,
        role=options["role"],
        real_name=options["real_name"],
        phone=options["phone"],
        accounts=names(options["accounts"]),
        rights=BY_DEFAULT if granted is None else rights_of(names(",".join(granted))),
        must_change_password=bool(first),
    )
    user = create_user(wanted, by=None, now=now)
    set_capacity(user, options["capacity"], by=None, now=now)
    found = {"id": user.pk, "username": user.username, "role": user.role, "token": issue_token(user, now=now)}
    return found | ({"password": first} if first else {})


def listed() -> list[dict[str, Any]]:
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
