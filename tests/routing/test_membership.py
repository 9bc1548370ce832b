"""Joining and leaving accounts."""

import pytest

from inbox.models import Assignment, Conversation
from inbox.services.people import BY_DEFAULT
from routing.services.membership import work_on
from tests.clock import at
from tests.factories import an_account, an_agent, answered, taken

pytestmark = pytest.mark.django_db


def test_what_somebody_has_on_an_account_they_leave_is_queued_at_once() -> None:
    one, two = an_account("one"), an_account("two")
    agent = an_agent("lin", one, two)
    left, kept = taken(one, agent), taken(two, agent, customer="c2")
    answered(left, agent, at=at(1))  # also with a reply on its way
    work_on(agent, {"two"}, rights=BY_DEFAULT, by=None, now=at(2))

    assert Conversation.objects.get(pk=left.pk).status == "queued"
    assert Conversation.objects.get(pk=kept.pk).assignee == agent
    assert Assignment.objects.get(conversation=left).ended_by == "gone"
    assert set(agent.accounts.values_list("key", flat=True)) == {"two"}
