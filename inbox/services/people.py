"""Who works here, on which accounts, and what they may do there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from inbox import errors, realtime
from inbox.models import Account, Membership, User
from inbox.services.accounts import locked
from inbox.services.api_tokens import end_tokens
from inbox.services.audit import record


class Right(StrEnum):
    """What is granted per person and account."""

    REPLY = "reply"
    ORDERS = "orders"
    AFTERSALE = "aftersale"


BY_DEFAULT = frozenset({Right.REPLY})
NAME_CHARACTERS, PHONE_CHARACTERS = 80, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody new. `accounts` are keys; without a `password` they cannot log in until one is set."""

    username: str
    password: str = field(default="", repr=False)
    role: str = User.Role.AGENT
    real_name: str = ""
    phone: str = ""
    accounts: tuple[str, ...] = ()
    rights: Collection[Right] = BY_DEFAULT
    must_change_password: bool = False


@transaction.atomic
def create_user(wanted: Person, *, by: User | None, now: datetime) -> User:
    """The new user, a member of the accounts. Invalid with `where`."""
    _check(wanted)
    user = User(
        username=wanted.username,
        role=wanted.role,
        real_name=wanted.real_name,
        phone=wanted.phone,
        must_change_password=wanted.must_change_password,
        is_staff=wanted.role == User.Role.ADMIN,
        is_superuser=wanted.role == User.Role.ADMIN,
    )
    user.set_password(wanted.password or None)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(wanted) from error
    record("user.create", actor=by, now=now, user=user.pk, role=wanted.role)
    for key in sorted(set(wanted.accounts)):  # every lock in the same order
        join(user, key, rights=wanted.rights, by=by, now=now)
    return user


@transaction.atomic
def join(user: User, key: str, *, rights: Collection[Right], by: User | None, now: datetime) -> Membership:
    """Work on the account `key` with exactly these rights, new there or not. Invalid, also beyond `max_agents`."""
    account = locked(key)
    if user.is_active and not account.memberships.filter(user=user).exists():
        _require_seat(account)
    membership, _ = Membership.objects.update_or_create(
        account=account,
        user=user,
        defaults={
            "may_reply": Right.REPLY in rights,
            "may_orders": Right.ORDERS in rights,
            "may_aftersale": Right.AFTERSALE in rights,
        },
    )
    record("membership.set", actor=by, now=now, account=account, user=user.pk, rights=sorted(rights))
    realtime.publish(realtime.AccessChanged(user.pk))
    return membership


@transaction.atomic
def leave(user: User, key: str, *, by: User | None, now: datetime) -> bool:
    """Work there no longer; False if they did not. What they have there, `routing.services.membership` requeues."""
    account = locked(key)
    gone, _ = account.memberships.filter(user=user).delete()
    if gone:
        record("membership.end", actor=by, now=now, account=account, user=user.pk)
        realtime.publish(realtime.AccessChanged(user.pk))
    return bool(gone)


@transaction.atomic
def set_active(user: User, *, active: bool, by: User | None, now: datetime) -> bool:
    """Into service or out of it: tokens and sessions end, memberships stay. False if they are so already.

    Invalid when an account they come back to has no seat. What they have, `routing.services.membership` requeues.
    """
    if user.is_active == active:
        return False
    if active:
        for key in sorted(user.accounts.values_list("key", flat=True)):  # every lock in the same order
            _require_seat(locked(key))
    user.is_active = active
    user.save(update_fields=["is_active"])
    ended = 0 if active else end_tokens(user)
    record("user.active", actor=by, now=now, user=user.pk, active=active, tokens_ended=ended)
    realtime.publish(realtime.AccessChanged(user.pk))
    return True


def rights_of(names: Iterable[str]) -> frozenset[Right]:
    """The rights of these names. Invalid."""
    try:
        return frozenset(Right(name) for name in names)
    except ValueError as error:
        raise errors.Invalid(f"A grant is one of {', '.join(Right)}.", where="grant") from error


def rights_on(membership: Membership) -> frozenset[Right]:
    """What somebody may do there."""
    granted = {
        Right.REPLY: membership.may_reply,
        Right.ORDERS: membership.may_orders,
        Right.AFTERSALE: membership.may_aftersale,
    }
    return frozenset(right for right, may in granted.items() if may)


def _require_seat(account: Account) -> None:
    """There is room for one more; the caller holds the account's lock."""
    members = account.memberships.filter(user__is_active=True).count()
    if account.max_agents is not None and members >= account.max_agents:
        raise errors.Invalid(
            f"“{account.key}” has {members} agents and may have {account.max_agents}.",
            where="accounts",
            why="max_agents",
            limit=account.max_agents,
        )


def _check(wanted: Person) -> None:
    try:
        UnicodeUsernameValidator()(wanted.username)
    except ValidationError as error:
        raise errors.Invalid(str(error.messages[0]), where="username") from error
    if len(wanted.username) > 150:
        raise errors.Invalid("A user name has at most 150 characters.", where="username")
    if wanted.role not in User.Role.values:
        raise errors.Invalid(f"A role is one of {', '.join(User.Role.values)}.", where="role")
    for name, text, most in (
        ("real_name", wanted.real_name, NAME_CHARACTERS),
        ("phone", wanted.phone, PHONE_CHARACTERS),
    ):
        if len(text) > most or not (text.isprintable() or not text):
            raise errors.Invalid(f"It has at most {most} printable characters.", where=name)


def _taken(wanted: Person) -> errors.Invalid:
    if User.objects.filter(username=wanted.username).exists():
        return errors.Invalid(f"There is a user “{wanted.username}” already.", where="username", why="exists")
    return errors.Invalid(f"Somebody else has the phone number {wanted.phone}.", where="phone", why="exists")
