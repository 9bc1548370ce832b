"""`manage.py account` and `manage.py user`: exact words in, exact facts out."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from inbox import realtime
from inbox.crypto import _fernet
from inbox.models import Account, AuditEntry, Conversation, Hook, Membership, User
from inbox.services.passwords import set_password
from inbox.services.people import leave
from routing.models import Agent
from tests.clock import NOON
from tests.factories import an_account, an_agent, taken

pytestmark = pytest.mark.django_db

SECRETS = ("app_id=wx01", "app_secret=s", "token=t", f"encoding_aes_key={'a' * 43}", "original_id=gh_1")
NEW = ("create", "--platform", "mini_program", "--key", "wedding", "--name", "全球婚纱摄影")


def run(command: str, *words: str) -> Any:
    """What it says as JSON."""
    out = StringIO()
    call_command(command, *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_create_prints_the_hook_address_and_stores_settings_and_secrets() -> None:
    found = run(
        "account", *NEW, "--secret", *SECRETS[:2], "--secret", SECRETS[2], "--secret", *SECRETS[3:],
        "--set", "push_mode=compatible", "service_hours=00:00-24:00", "--set", "target_seconds=20",
        "--set", "max_agents=3", "--set", "api_base=http://127.0.0.1:9/", "--set", "grant.message=3/60",
    )  # fmt: skip
    assert found == {
        "key": "wedding",
        "platform": "mini_program",
        "name": "全球婚纱摄影",
        "state": "active",
        "hook_url": f"{settings.PUBLIC_URL}/hooks/mini_program/wedding/",
    }
    account = Account.objects.get()
    assert account.secrets == dict(pair.split("=", 1) for pair in SECRETS)
    assert account.options == {"push_mode": "compatible", "grant.message": "3/60"}
    assert (account.app_id, account.address, account.api_base) == ("wx01", "gh_1", "http://127.0.0.1:9")
    assert (account.service_hours, account.target_seconds, account.max_agents) == ("00:00-24:00", 20, 3)
    assert run("account", "list") == [found]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--secret", *SECRETS, "nonsense=1"], "nonsense: there is no such secret"),
        (["--secret", *SECRETS, "--set", "nonsense=1"], "nonsense: there is no such setting"),
        (["--secret", *SECRETS[1:]], "app_id: it is missing"),
        (["--secret", *SECRETS[:3]], "encoding_aes_key: push_mode is secure"),
        (["--secret", *SECRETS, "--set", "push_mode=open"], "push_mode: it is one of"),
        (["--secret", *SECRETS, "--set", "service_hours=9-18"], "service_hours: “9-18” is not a period"),
        (["--secret", *SECRETS, "--set", "target_seconds=0"], "target_seconds: it is a whole number"),
        (["--secret", *SECRETS, "--set", "max_agents=-1"], "max_agents: it is a whole number"),
        (["--secret", *SECRETS, "--set", "road=other"], "road: it is one of api, bridge, assisted"),
        (["--secret", *SECRETS, "--set", "api_base=ftp://x"], "api_base: it is an address"),
        (["--secret", *SECRETS, "--set", "grant.enter=many"], "grant.enter: it is replies/seconds"),
        (["--secret", "app_id"], "--secret takes NAME=VALUE, not 'app_id'"),
        (["--secret", *SECRETS, "app_id=wx02"], "--secret names app_id twice"),
    ],
)
def test_what_cannot_be_fails_with_a_sentence_and_nothing_is_stored(words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match="^.*" + said.split(":", maxsplit=1)[0]) as refused:
        run("account", *NEW, *words)
    assert said in str(refused.value)
    assert not Account.objects.exists()


def test_an_existing_key_fails() -> None:
    run("account", *NEW, "--secret", *SECRETS)
    with pytest.raises(CommandError, match="There is an account “wedding” already"):
        run("account", *NEW[:-1], "another", "--secret", *SECRETS)
    assert Account.objects.get().name == "全球婚纱摄影"


def test_an_unknown_platform_and_a_bad_key_fail() -> None:
    with pytest.raises(CommandError, match="There is no platform “telegram”: it is one of mini_program"):
        run("account", "create", "--platform", "telegram", "--key", "k", "--name", "n")
    with pytest.raises(CommandError, match="A key is 1 to 64"):
        run("account", "create", "--platform", "mini_program", "--key", "a/b", "--name", "n")


def test_set_changes_what_is_named_and_an_empty_value_takes_back() -> None:
    run("account", *NEW, "--secret", *SECRETS, "--set", "grant.message=3/60", "max_agents=2")
    run("account", "set", "--key", "wedding", "--secret", "token=new", "--set", "grant.message=", "max_agents=")
    account = Account.objects.get()
    assert account.secrets["token"] == "new"
    assert account.secrets["app_id"] == "wx01"
    assert (account.options, account.max_agents, account.name) == ({}, None, "全球婚纱摄影")
    with pytest.raises(CommandError, match="There is no account “nobody”"):
        run("account", "set", "--key", "nobody", "--name", "x")


def test_pausing_holds_and_resuming_takes_up_what_was_held() -> None:
    account = an_account("shop")
    assert run("account", "pause", "--key", "shop")["state"] == "paused"
    held = Hook.objects.create(account=account, received_at=NOON, body=b"", opened=b"", state=Hook.State.HELD)
    done = Hook.objects.create(account=account, received_at=NOON, body=b"", opened=b"", state=Hook.State.DONE)
    assert run("account", "resume", "--key", "shop")["state"] == "active"
    held.refresh_from_db()
    done.refresh_from_db()
    assert (held.state, done.state) == ("new", "done")
    assert AuditEntry.objects.filter(action="account.state").count() == 2


def test_removing_forgets_secrets_and_ends_what_is_live() -> None:
    account = an_account("shop")
    conversation = taken(account, an_agent("lin", account))
    assert run("account", "remove", "--key", "shop")["state"] == "removed"
    account.refresh_from_db()
    assert (account.state, account.secrets) == ("removed", {})
    assert Conversation.objects.get(pk=conversation.pk).status == "closed"
    assert run("account", "list") == []
    with pytest.raises(CommandError, match="There is no account “shop”"):
        run("account", "resume", "--key", "shop")


def test_rotating_encrypts_with_the_first_key(settings: Any) -> None:
    from cryptography.fernet import Fernet

    account = an_account("shop")
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    _fernet.cache_clear()
    try:
        assert run("account", "rotate") == {"accounts": 1}
        with connection.cursor() as cursor:
            cursor.execute("SELECT secrets FROM inbox_account")
            (sealed,) = cursor.fetchone()
        assert Fernet(settings.FIELD_KEYS[0]).decrypt(sealed.encode())
        assert Account.objects.get().secrets == account.secrets
    finally:
        _fernet.cache_clear()


WHO = ("create", "--username", "lin", "--password", "correct-horse-9")


def test_a_user_gets_a_token_a_role_accounts_and_a_place() -> None:
    one, two = an_account("one"), an_account("two")
    found = run("user", *WHO, "--role", "agent", "--accounts", "one,two", "--capacity", "5", "--real-name", "小林")
    user = User.objects.get()
    assert found == {"id": user.pk, "username": "lin", "role": "agent", "token": found["token"]}
    assert user.check_password("correct-horse-9")
    assert (user.real_name, user.must_change_password, user.is_staff) == ("小林", False, False)
    assert Agent.objects.get().capacity == 5
    rows = list(Membership.objects.values_list("account", "may_reply", "may_orders", "may_aftersale").order_by("id"))
    assert rows == [(one.pk, True, False, False), (two.pk, True, False, False)]
    answer = Client().get("/api/v1/me/", headers={"Authorization": f"Token {found['token']}"})
    assert (answer.status_code, answer.json()["username"]) == (200, "lin")


def test_with_grant_exactly_those() -> None:
    an_account("one")
    run("user", *WHO, "--accounts", "one", "--grant", "orders,aftersale")
    row = Membership.objects.get()
    assert (row.may_reply, row.may_orders, row.may_aftersale) == (False, True, True)


def test_without_a_password_a_first_one_is_made_up() -> None:
    found = run("user", "create", "--username", "lin")
    user = User.objects.get()
    assert user.check_password(found["password"])
    assert user.must_change_password


def test_administrators_reach_the_back_office() -> None:
    run("user", *WHO, "--role", "admin")
    assert User.objects.get().is_superuser


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--accounts", "nowhere"], "There is no account “nowhere”"),
        (["--role", "king"], "A role is one of agent, supervisor, admin"),
        (["--grant", "all"], "A grant is one of reply, orders, aftersale"),
        (["--username", "a b"], "Enter a valid username"),
        (["--capacity", "-1"], "A capacity is 0 to 1000"),
        (["--phone", "1" * 33], "at most 32 printable characters"),
    ],
)
def test_a_user_that_cannot_be_is_refused_whole(words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run("user", *WHO, *words)
    assert not User.objects.exists()


def test_names_and_phones_are_taken_once() -> None:
    run("user", *WHO, "--phone", "13800000000")
    with pytest.raises(CommandError, match="There is a user “lin” already"):
        run("user", *WHO)
    with pytest.raises(CommandError, match="Somebody else has the phone number 13800000000"):
        run("user", "create", "--username", "jie", "--phone", "13800000000")
    assert [row["username"] for row in run("user", "list")] == ["lin"]


def test_an_account_has_no_more_agents_than_it_may() -> None:
    an_account("one", max_agents=1)
    run("user", *WHO, "--accounts", "one")
    with pytest.raises(CommandError, match="“one” has 1 agents and may have 1"):
        run("user", "create", "--username", "jie", "--accounts", "one")
    assert list(User.objects.values_list("username", flat=True)) == ["lin"]
    lin = User.objects.get()
    assert leave(lin, "one", by=None, now=NOON)
    assert not leave(lin, "one", by=None, now=NOON)
    run("user", "create", "--username", "jie", "--accounts", "one")


def status_of(token: str) -> int:
    return Client().get("/api/v1/me/", headers={"Authorization": f"Token {token}"}).status_code


def rights() -> dict[str, tuple[bool, bool, bool]]:
    rows = Membership.objects.values_list("account__key", "may_reply", "may_orders", "may_aftersale")
    return {key: (reply, orders, aftersale) for key, reply, orders, aftersale in rows}


def test_a_password_set_by_command_ends_tokens_and_ones_own_does_not() -> None:
    found = run("user", *WHO)
    user = User.objects.get()
    set_password(user, "another-horse-9", by=user, now=NOON)
    assert status_of(found["token"]) == 200
    run("user", "set", "--username", "lin", "--password", "a-third-horse-9")
    assert status_of(found["token"]) == 401
    assert AuditEntry.objects.filter(action="user.password").latest("id").details["tokens_ended"] == 1


def test_a_new_token_ends_the_old_ones() -> None:
    old = run("user", *WHO)["token"]
    found = run("user", "token", "--username", "lin")
    assert found == {"id": User.objects.get().pk, "username": "lin", "token": found["token"]}
    assert [status_of(old), status_of(found["token"])] == [401, 200]
    assert AuditEntry.objects.filter(action="user.token").count() == 1
    with pytest.raises(CommandError, match="There is no user “nobody”"):
        run("user", "token", "--username", "nobody")


def test_out_of_service_at_once_and_back() -> None:
    account = an_account("one")
    lin = an_agent("lin", account)
    conversation = taken(account, lin)
    token, client = run("user", "token", "--username", "lin")["token"], Client()
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/v1/me/").status_code == 200
    assert run("user", "set", "--username", "lin", "--active", "off")[0]["active"] is False
    assert [status_of(token), client.get("/api/v1/me/").status_code] == [401, 401]
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assignee) == ("queued", None)
    assert Agent.objects.get().state == "offline"
    with pytest.raises(CommandError, match="“lin” is out of service"):
        run("user", "token", "--username", "lin")
    assert run("user", "set", "--username", "lin", "--active", "on")[0]["active"] is True
    assert status_of(token) == 401
    told = AuditEntry.objects.filter(action="user.active").order_by("id")
    assert [entry.details["active"] for entry in told] == [False, True]


def test_coming_back_needs_a_seat() -> None:
    account = an_account("one", max_agents=1)
    an_agent("lin", account)
    run("user", "set", "--username", "lin", "--active", "off")
    run("user", "create", "--username", "jie", "--accounts", "one")
    with pytest.raises(CommandError, match="“one” has 1 agents and may have 1"):
        run("user", "set", "--username", "lin", "--active", "on")
    assert User.objects.get(username="lin").is_active is False


def test_accounts_without_grant_keep_rights_and_grant_alone_is_for_all() -> None:
    for key in ("one", "two", "three"):
        an_account(key)
    run("user", *WHO, "--accounts", "one,two", "--grant", "orders")
    run("user", "set", "--username", "lin", "--accounts", "one,three")
    assert rights() == {"one": (False, True, False), "three": (True, False, False)}
    run("user", "set", "--username", "lin", "--grant", "reply,aftersale")
    assert rights() == {"one": (True, False, True), "three": (True, False, True)}


def test_signing_out_closes_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    lin = an_agent("lin", an_account("one"))
    told: list[realtime.Event] = []
    monkeypatch.setattr(realtime, "publish", told.append)
    client = Client()
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/sign-out/")
    assert told == [realtime.AccessChanged(lin.pk)]
