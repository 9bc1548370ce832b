"""Reply windows and quotas: the numbers of every platform in one table, each with its source.

Platforms change them, so an account may override any (`--set grant.message=5/172800`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class GrantKind(StrEnum):
    """Which action of the customer allows replies."""

    MESSAGE = "message"
    ENTER = "enter"


@dataclass(frozen=True, slots=True)
class Allowance:
    """`limit` replies for `lasts` after the customer's action."""

    limit: int
    lasts: timedelta


ALLOWANCES: Mapping[tuple[str, GrantKind], Allowance] = {
    # https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/send.html
    ("mini_program", GrantKind.MESSAGE): Allowance(5, timedelta(hours=48)),
    ("mini_program", GrantKind.ENTER): Allowance(2, timedelta(seconds=60)),
}


def allowance(platform: str, kind: GrantKind, settings: Mapping[str, str]) -> Allowance | None:
    """What `kind` of action allows on `platform`, the account's `settings` first; None if nothing."""
    override = settings.get(f"grant.{kind}")
    if override:
        return parse_allowance(override)
    return ALLOWANCES.get((platform, kind))


def parse_allowance(text: str) -> Allowance:
    """`"5/172800"` is 5 replies for 172,800 seconds; ValueError for anything else."""
    limit, _, seconds = text.partition("/")
    found = Allowance(int(limit), timedelta(seconds=int(seconds)))
    if found.limit < 0 or found.lasts <= timedelta(0):
        raise ValueError(f"an allowance is replies/seconds, both positive: {text!r}")
    return found
