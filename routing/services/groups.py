"""Groups of agents that a conversation can be handed to together."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from inbox import errors, realtime
from inbox.models import User
from inbox.services.audit import record
from routing.models import Group

NAME_CHARACTERS = 80


@transaction.atomic
def create_group(name: str, members: Collection[str], *, by: User | None, now: datetime) -> Group:
    """A new one of these people, named by their user names. Invalid with `where`."""
    if not name.strip() or len(name) > NAME_CHARACTERS or not name.isprintable():
        raise errors.Invalid(f"A name is 1 to {NAME_CHARACTERS} characters.", where="name")
    people = _people(members)
    try:
        with transaction.atomic():
            group = Group.objects.create(name=name)
    except IntegrityError as error:
        raise errors.Invalid(f"There is a group “{name}” already.", where="name", why="exists") from error
    group.members.set(people)
    record("group.create", actor=by, now=now, group=group.pk, members=sorted(each.pk for each in people))
    _access_changed(people)
    return group


@transaction.atomic
def set_members(name: str, members: Collection[str], *, by: User | None, now: datetime) -> Group:
    """Make exactly these people the group's. Invalid with `where`."""
    group = Group.objects.select_for_update().filter(name=name).first()
    if group is None:
        raise errors.Invalid(f"There is no group “{name}”.", where="name")
    people, before = _people(members), list(group.members.all())
    group.members.set(people)
    record("group.set", actor=by, now=now, group=group.pk, members=sorted(each.pk for each in people))
    _access_changed(set(people) ^ set(before))
    return group


def _people(names: Collection[str]) -> list[User]:
    found = list(User.objects.filter(username__in=names, is_active=True))
    missing = sorted(set(names) - {each.username for each in found})
    if missing:
        raise errors.Invalid(f"There is no user “{missing[0]}” in service.", where="members")
    return found


def _access_changed(people: Collection[User]) -> None:
    for each in sorted(people, key=lambda user: user.pk):
        realtime.publish(realtime.AccessChanged(each.pk))
