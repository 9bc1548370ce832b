"""What both sides hold after a scenario, compared: the twin's record and the agents' promises with our database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.crash.crowd import Crowd
from tests.crash.house import House

_WORDS = """
SELECT m.external_id, m.text FROM inbox_message m JOIN inbox_customer c ON c.id = m.customer_id
WHERE m.author = 'customer' AND starts_with(c.external_id, %s)
"""
_REPLIES = """
SELECT m.id, m.text, m.state, m.error, m.attempt FROM inbox_message m JOIN inbox_customer c ON c.id = m.customer_id
WHERE m.author = 'agent' AND starts_with(c.external_id, %s) ORDER BY m.position
"""
_DEAD = "SELECT id, state, reason, attempts FROM inbox_hook WHERE state <> 'done'"
_TORN = """
SELECT v.id, v.status, v.customer_id, count(a.id) AS open_assignments FROM inbox_conversation v
LEFT JOIN inbox_assignment a ON a.conversation_id = v.id AND a.ended_at IS NULL
GROUP BY v.id HAVING count(a.id) <> (v.status = 'assigned')::int
"""
_SEVERAL_LIVE = """
SELECT customer_id FROM inbox_conversation WHERE status <> 'closed' GROUP BY customer_id HAVING count(*) > 1
"""


@dataclass(frozen=True, slots=True)
class Truth:
    """The state of all that a crowd said and was told."""

    words: list[dict[str, Any]]
    replies: list[dict[str, Any]]
    acknowledged: list[dict[str, Any]]
    taken: list[dict[str, Any]]
    refused: list[dict[str, Any]]

    def states(self) -> Counter[str]:
        """How replies ended."""
        return Counter(reply["state"] for reply in self.replies)

    def texts(self, *states: str) -> set[str]:
        """Of replies that ended so."""
        return {reply["text"] for reply in self.replies if reply["state"] in states}


def truth_of(house: House, crowd: Crowd) -> Truth:
    """Asked of both sides, when all is quiet."""
    prefix = f"o{crowd.prefix}"
    return Truth(
        words=house.rows(_WORDS, prefix),
        replies=house.rows(_REPLIES, prefix),
        acknowledged=crowd.said("acked"),
        taken=crowd.heard("taken"),
        refused=crowd.heard("refused"),
    )


def check_words(truth: Truth) -> None:
    """Every acknowledged push is stored, and nothing is stored twice."""
    stored = Counter(word["external_id"] for word in truth.words)
    lost = [line for line in truth.acknowledged if line["msg_id"] not in stored]
    assert not lost, f"{len(lost)} of {len(truth.acknowledged)} acknowledged pushes are lost: {lost[:3]}"
    assert _repeated(stored.elements()) == []
    assert _repeated(word["text"] for word in truth.words) == []


def check_replies(truth: Truth, promised: Mapping[str, int]) -> None:
    """Promised ones are kept; all are sent, failed or unknown, and the platform agrees."""
    kept = {reply["text"]: reply["id"] for reply in truth.replies}
    assert promised.items() <= kept.items(), f"promised and lost: {sorted(promised.items() - kept.items())[:3]}"
    assert set(truth.states()) <= {"sent", "failed", "unknown"}, truth.states()
    taken = [line["content"]["content"] for line in truth.taken]
    assert _repeated(taken) == [], "the customer got it twice"
    assert set(taken) <= set(kept), "the customer got what nobody wrote"
    assert truth.texts("sent") <= set(taken), "called sent, and never taken"
    assert not truth.texts("failed") & set(taken), "called failed, and taken"


def check_order(truth: Truth) -> None:
    """Each customer got their replies in the order in which they were written."""
    written = {reply["text"]: place for place, reply in enumerate(truth.replies)}
    got: defaultdict[str, list[int]] = defaultdict(list)
    for line in truth.taken:
        got[line["openid"]].append(written[line["content"]["content"]])
    assert [openid for openid, places in got.items() if places != sorted(places)] == []


def check_quota(truth: Truth) -> None:
    """The platform never had to refuse a reply for its window or its quota (invariant 7)."""
    assert [line for line in truth.refused if line["errcode"] in (45015, 45047)] == []


def check_house(house: House) -> None:
    """Nothing lies dead, nothing is torn, and the figures are what messages tell."""
    assert house.rows(_DEAD) == []
    assert house.rows(_TORN) == []
    assert house.rows(_SEVERAL_LIVE) == []
    house.manage("metrics", "verify")


def _repeated(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]
