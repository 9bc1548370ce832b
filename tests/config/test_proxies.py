"""Who is locked out behind proxies."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import a_user


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "seen", "status"),
    [
        (0, "203.0.113.{}", 429),  # whatever the header says, it is one sender
        (1, "203.0.113.{}", 200),  # different people behind one proxy
        (1, "203.0.113.{}, 198.51.100.7", 429),  # one sender who makes addresses up
        (2, "203.0.113.{}, 198.51.100.7", 200),
        (2, "203.0.113.{}", 429),
        (1, "nonsense-{}", 429),
    ],
)
def test_a_lockout_is_of_the_address_the_outermost_proxy_saw(
    settings: Any, proxies: int, seen: str, status: int
) -> None:
    settings.TRUSTED_PROXIES, settings.AXES_FAILURE_LIMIT = proxies, 2
    a_user("lin")
    form = {"username": "lin", "password": "wrong"}
    answers = [
        Client().post("/sign-in/", form, headers={"X-Forwarded-For": seen.format(number)}) for number in range(3)
    ]
    assert answers[-1].status_code == status
