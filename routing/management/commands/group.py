"""`manage.py group create|set|list`."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from inbox.management.words import names, refusals
from routing.models import Group
from routing.services.groups import create_group, set_members

DO = {"create": create_group, "set": set_members}


class Command(BaseCommand):
    """Groups that conversations can be handed to."""

    help = "Groups that conversations can be handed to."

    def add_arguments(self, parser: CommandParser) -> None:
        """A parser for each action."""
        actions = parser.add_subparsers(dest="action", required=True)
        for action, text in (("create", "a new group"), ("set", "exactly these members")):
            each = actions.add_parser(action, help=text)
            each.add_argument("--name", required=True)
            each.add_argument("--members", required=action == "set", default="", help="user names, commas between")
        actions.add_parser("list", help="all of them")
        for each in actions.choices.values():
            each.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it, and say what is now."""
        with refusals():
            found = [shown(group) for group in self._groups(options)]
        if options["json"]:
            self.stdout.write(json.dumps(found if options["action"] == "list" else found[0], ensure_ascii=False))
            return
        for row in found:
            self.stdout.write(f"name={row['name']}  members={','.join(row['members'])}")

    @staticmethod
    def _groups(options: dict[str, Any]) -> list[Group]:
        if options["action"] == "list":
            return list(Group.objects.order_by("name").prefetch_related("members"))
        return [DO[options["action"]](options["name"], names(options["members"]), by=None, now=timezone.now())]


def shown(group: Group) -> dict[str, Any]:
    """As the command says it."""
    return {"id": group.pk, "name": group.name, "members": sorted(each.username for each in group.members.all())}
