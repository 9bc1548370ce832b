"""One scenario: customers write, agents answer, something dies, and when all is quiet the books are compared."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from tests.crash.crowd import Crowd, Stream
from tests.crash.desk import Agent
from tests.crash.house import House
from tests.crash.truth import Truth, check_house, check_order, check_quota, check_replies, check_words, truth_of
from tests.support.processes import answers, wait_until
from tests.support.product import Person
from tests.support.shop import Shop

QUIET_SECONDS = 60.0
_UNREAD = "SELECT count(*) AS open FROM inbox_hook WHERE state = 'new'"
_OPEN = """
SELECT (SELECT count(*) FROM inbox_hook WHERE state = 'new')
     + (SELECT count(*) FROM inbox_message WHERE state IN ('queued', 'sending'))
     + (SELECT count(*) FROM inbox_roundchange) AS open
"""
_JOURNAL = "SELECT count(*) AS hooks FROM inbox_hook WHERE received_at >= %s"


class Rush:
    """A crowd before a house's agents."""

    def __init__(self, house: House, crowd: Crowd, agents: Sequence[Agent]) -> None:
        self.house, self.crowd, self.agents = house, crowd, agents

    def start(self) -> None:
        """Everybody begins."""
        self.crowd.start()
        for agent in self.agents:
            agent.start()

    def finish(self, *, after: int = 40) -> Truth:
        """Let `after` more pushes be acknowledged, wait until all is said and done, and compare the books."""
        self.crowd.wait_until_acknowledged(after)
        self.crowd.stop()
        started = time.monotonic()
        self._wait_for_none(_UNREAD, "end of the journal")
        for agent in self.agents:
            agent.finish()
        self._wait_for_none(_OPEN, "quiet")
        waited = time.monotonic() - started
        truth = truth_of(self.house, self.crowd)
        self._tell(truth, waited)
        check_words(truth)
        check_replies(truth, {text: pk for agent in self.agents for text, pk in agent.promised.items()})
        check_order(truth)
        check_quota(truth)
        check_house(self.house)
        return truth

    def _wait_for_none(self, statement: str, what: str) -> None:
        wait_until(lambda: self._has_none(statement), within=QUIET_SECONDS, what=what)

    def _has_none(self, statement: str) -> bool:
        if not answers(f"{self.house.base_url}/readyz"):
            return False
        try:
            return bool(self.house.rows(statement)[0]["open"] == 0)
        except psycopg.OperationalError:
            return False

    def _tell(self, truth: Truth, waited: float) -> None:
        """For whoever reads the output."""
        acked = sorted(call["duration_ms"] for call in self.crowd.pushes(self.crowd.began_at) if call["status"] == 200)
        took = sorted(ms for agent in self.agents for ms in agent.took_ms)
        said = {
            "pushes": dict(Counter(line["state"] for line in self.crowd.said())),
            "journal": self.house.rows(_JOURNAL, self.crowd.began_at)[0]["hooks"],
            "replies": dict(truth.states()),
            "ack_ms": percentiles(acked),
            "api_ms": percentiles(took),
            "api_faults": sum(len(agent.faults) for agent in self.agents),
            "quiet_after_s": round(waited, 1),
        }
        print(json.dumps(said))


def percentiles(ordered: Sequence[float]) -> list[int]:
    """p50, p99 and the largest; [] of nothing."""
    last = len(ordered) - 1
    return [round(ordered[round(last * share)]) for share in (0.5, 0.99, 1.0)] if ordered else []


@contextmanager
def rush(house: House, shop: Shop, people: Sequence[Person], *, prefix: str, stream: Stream) -> Iterator[Rush]:
    """A scenario under way; nobody of it is left at the end, whatever happened."""
    scene = Rush(house, Crowd(shop, prefix, stream), [Agent(person, house.base_url, prefix) for person in people])
    scene.start()
    try:
        yield scene
    finally:
        shop.twin.call("DELETE", f"/apps/{shop.app_id}/faults")
        scene.crowd.stop()
        for agent in scene.agents:
            agent.finish()
