"""`manage.py group`."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inbox.models import AuditEntry
from routing.models import Group
from tests.factories import a_user

pytestmark = pytest.mark.django_db


def run(*words: str) -> Any:
    out = StringIO()
    call_command("group", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_group_is_made_changed_and_listed() -> None:
    lin, jie = a_user("lin"), a_user("jie")
    made = run("create", "--name", "售后", "--members", "lin")
    assert made == {"id": made["id"], "name": "售后", "members": ["lin"]}
    assert run("set", "--name", "售后", "--members", "jie,lin")["members"] == ["jie", "lin"]
    assert run("set", "--name", "售后", "--members", "jie")["members"] == ["jie"]
    assert run("list") == [{"id": made["id"], "name": "售后", "members": ["jie"]}]
    entries = list(
        AuditEntry.objects.filter(action__startswith="group.").order_by("id").values_list("action", "details")
    )
    assert [action for action, _ in entries] == ["group.create", "group.set", "group.set"]
    assert entries[1][1]["members"] == sorted([lin.pk, jie.pk])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", "--name", "售后"], "There is a group “售后” already"),
        (["create", "--name", " "], "A name is 1 to 80 characters"),
        (["create", "--name", "新", "--members", "nobody"], "There is no user “nobody” in service"),
        (["set", "--name", "nothing", "--members", "lin"], "There is no group “nothing”"),
        (["set", "--name", "售后", "--members", "lin,nobody"], "There is no user “nobody” in service"),
    ],
)
def test_a_group_that_cannot_be_is_refused(words: list[str], said: str) -> None:
    Group.objects.create(name="售后").members.add(a_user("lin"))
    with pytest.raises(CommandError, match=said):
        run(*words)
    assert [(group.name, group.members.count()) for group in Group.objects.all()] == [("售后", 1)]
