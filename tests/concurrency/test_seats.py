"""An account's `max_agents`, while two administrators fill the last seat at once."""

from __future__ import annotations

from functools import partial

import pytest

from inbox.errors import Invalid
from inbox.models import Membership, User
from inbox.services.people import BY_DEFAULT, join
from tests.clock import NOON
from tests.factories import a_user, an_account
from tests.support.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_last_seat_is_given_once() -> None:
    account = an_account("shop", max_agents=2)
    a_user("first", accounts=(account,))
    late: list[User] = [a_user(f"late-{number}") for number in range(6)]
    outcomes = at_once([partial(join, user, "shop", rights=BY_DEFAULT, by=None, now=NOON) for user in late])
    assert sum(isinstance(outcome, Membership) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Invalid) for outcome in outcomes) == 5
    assert account.memberships.count() == 2
