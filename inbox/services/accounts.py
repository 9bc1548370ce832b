"""Connecting an account and changing it; every refusal says what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from inbox import errors, jobs, realtime
from inbox.crypto import reseal
from inbox.models import Account, Conversation, Hook, Media, PullCursor, User
from inbox.services.account_settings import check_naming, split
from inbox.services.audit import record
from inbox.services.close import close
from platforms.events import ID_CHARACTERS
from platforms.registry import get_platform

State = Account.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A new account as somebody asks for it."""

    platform: str
    key: str
    name: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def create(wanted: Wanted, *, by: User | None, now: datetime) -> Account:
    """Connect it. Invalid with `problems` (name, code, text) for whatever is unknown, missing, wrong or taken."""
    check_naming(wanted.platform, wanted.key, wanted.name)
    account = Account(key=wanted.key, platform=wanted.platform, name=wanted.name, created_at=now)
    _apply(account, wanted.secrets, wanted.settings)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        raise errors.Invalid(f"There is an account “{wanted.key}” already.", where="key", why="exists") from error
    record("account.create", actor=by, now=now, account=account, key=account.key)
    realtime.publish(realtime.AccountChanged(account.pk))
    return account


@transaction.atomic
def change(
    key: str, *, name: str, secrets: Mapping[str, str], settings: Mapping[str, str], by: User | None, now: datetime
) -> Account:
    """Set what is named, leave the rest; "" as `name` is not named. Invalid, and nothing is changed."""
    account = locked(key)
    if name:
        check_naming(account.platform, account.key, name)
        account.name = name
    _apply(account, {**account.secrets, **secrets}, settings)
    account.save()
    changed = {"name": account.name, "secrets": sorted(secrets), "settings": dict(settings)}
    record("account.set", actor=by, now=now, account=account, changed=changed)
    realtime.publish(realtime.AccountChanged(account.pk))
    return account


@transaction.atomic
def pause(key: str, *, by: User | None, now: datetime) -> Account:
    """Hold what comes in, send nothing. Pausing a paused one changes nothing."""
    return _enter(locked(key), State.PAUSED, by=by, now=now)


@transaction.atomic
def resume(key: str, *, by: User | None, now: datetime) -> Account:
    """Go on, first with what was held."""
    account = _enter(locked(key), State.ACTIVE, by=by, now=now)
    held = Hook.objects.filter(account=account, state=Hook.State.HELD).order_by("pk")
    ids = list(held.values_list("pk", flat=True))
    Hook.objects.filter(pk__in=ids).update(state=Hook.State.NEW, attempts=0, processed_at=None)
    for start in range(0, len(ids), 200):
        jobs.enqueue(jobs.INGEST, ids[start : start + 200])
    return account


def remove(key: str, *, by: User | None, now: datetime) -> Account:
    """Disconnect for good: hooks hear 404, secrets are forgotten, live conversations end. History stays."""
    with transaction.atomic():
        account = locked(key)
        account.secrets = {}
        account.save(update_fields=["sealed_secrets"])
        _enter(account, State.REMOVED, by=by, now=now)
        PullCursor.objects.filter(account=account).delete()
        pending = Media.objects.filter(account=account, state=Media.State.PENDING)
        pending.update(state=Media.State.FAILED, error="the account was removed", next_attempt_at=None)
        for user in account.memberships.values_list("user_id", flat=True):
            realtime.publish(realtime.AccessChanged(user))
    end_of_removed(now=now)
    return account


def end_of_removed(*, now: datetime, limit: int = 500) -> int:
    """Close what is live on accounts that were removed, also what a crash left; of how many."""
    live = Conversation.objects.filter(account__state=State.REMOVED).exclude(status=Conversation.Status.CLOSED)
    ended = list(live.order_by("pk").values_list("pk", flat=True)[:limit])
    for pk in ended:
        close(pk, by=None, now=now)
    return len(ended)


@transaction.atomic
def rotate(*, by: User | None, now: datetime) -> int:
    """Encrypt all secrets anew with the first of FIELD_KEYS; of how many accounts."""
    accounts = Account.objects.select_for_update(no_key=True).order_by("pk")
    for account in accounts:
        account.sealed_secrets = reseal(account.sealed_secrets)
        account.save(update_fields=["sealed_secrets"])
    record("account.rotate", actor=by, now=now, accounts=len(accounts))
    return len(accounts)


def hook_url(account: Account) -> str:
    """What goes into the platform's console."""
    return f"{settings.PUBLIC_URL}/hooks/{account.platform}/{account.key}/"


def locked(key: str) -> Account:
    """The account's row, locked: what counts its members or changes it goes one at a time. Invalid."""
    rows = Account.objects.select_for_update(no_key=True).filter(key=key).exclude(state=State.REMOVED)
    account = rows.first()
    if account is None:
        raise errors.Invalid(f"There is no account “{key}”.", where="key", why="unknown")
    return account


def _apply(account: Account, secrets: Mapping[str, str], settings: Mapping[str, str]) -> None:
    adapter = get_platform(account.platform)
    own, options = split(adapter, settings)
    account.options = {name: value for name, value in {**account.options, **options}.items() if value != ""}
    problems = [*own.problems, *adapter.problems(secrets, account.options)]
    if problems:
        sentences = "; ".join(f"{each.name}: {each.text}" for each in problems)
        found = [{"name": each.name, "code": each.code, "text": each.text} for each in problems]
        raise errors.Invalid(sentences, where="account", problems=found)
    identity = adapter.identity(secrets)
    if max(len(identity.app), len(identity.address)) > ID_CHARACTERS:
        raise errors.Invalid(f"An id of the platform has at most {ID_CHARACTERS} characters.", where="secrets")
    for name, value in own.values.items():
        setattr(account, name, value)
    account.secrets, account.app_id, account.address = dict(secrets), identity.app, identity.address


def _enter(account: Account, state: Account.State, *, by: User | None, now: datetime) -> Account:
    if account.state != state:
        account.state = state
        account.save(update_fields=["state"])
        record("account.state", actor=by, now=now, account=account, state=state)
        realtime.publish(realtime.AccountChanged(account.pk))
    return account
