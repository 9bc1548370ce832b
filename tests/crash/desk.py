"""Agents who answer through the HTTP API, as a program of a merchant's would; what they were promised is remembered."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.product import Person

PRESENT_EVERY_SECONDS = 3.0
REPLIES = 2  # to a customer who had the last word
REST_SECONDS = 0.2
AGAIN_SECONDS = 0.3
GIVEN_UP_AFTER_SECONDS = 40.0


@dataclass(slots=True)
class Desk:
    """What one agent wrote: `promised` are the ids of replies that were accepted, by their texts."""

    person: Person
    base_url: str
    promised: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    took_ms: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Agent(threading.Thread):
    """Present, accepts whatever waits, and answers whoever had the last word, until told to stop.

    A call that fails is made again; a reply with the same `client_id`, and the next one is not written before the fate
    of this one is known.
    """

    def __init__(self, person: Person, base_url: str, prefix: str) -> None:
        super().__init__(name=f"agent-{person.username}")
        self.desk = Desk(person, base_url)
        self._prefix = prefix
        self._stopped = threading.Event()
        self._present_until = 0.0
        self._written: defaultdict[int, int] = defaultdict(int)
        self._http = httpx.Client(
            base_url=f"{base_url}/api/v1/", headers={"authorization": f"Token {person.token}"}, timeout=5
        )

    def run(self) -> None:
        """Work."""
        with self._http:
            while not self._stopped.is_set():
                self._be_present()
                while self._accept_next():
                    pass
                for conversation in self._mine():
                    self._answer(conversation)
                self._stopped.wait(REST_SECONDS)

    def finish(self) -> None:
        """Finish what was begun, and stop."""
        self._stopped.set()
        self.join(GIVEN_UP_AFTER_SECONDS + 5)

    def _be_present(self) -> None:
        if time.monotonic() > self._present_until:
            self._insist("PUT", "presence/", {"state": "online"})
            self._present_until = time.monotonic() + PRESENT_EVERY_SECONDS

    def _accept_next(self) -> bool:
        return self._insist("POST", "conversations/accept-next/").status_code == 200

    def _mine(self) -> list[dict[str, Any]]:
        found = self._insist("GET", "conversations/?status=assigned&mine=1").json()
        rows: list[dict[str, Any]] = found["results"]
        return [row for row in rows if row["customer"]["external_id"].startswith(f"o{self._prefix}")]

    def _answer(self, conversation: dict[str, Any]) -> None:
        last = conversation["last_message"]
        if last is None or last["author"] != "customer" or conversation["quota"]["left"] < REPLIES:
            return
        for _ in range(REPLIES):
            self._reply(conversation)

    def _reply(self, conversation: dict[str, Any]) -> None:
        number = self._written[conversation["id"]] = self._written[conversation["id"]] + 1
        text = f"{conversation['customer']['external_id']} {self.desk.person.username} #{number}"
        body = {"type": "text", "text": text, "client_id": text}
        answer = self._insist("POST", f"conversations/{conversation['id']}/messages/", body)
        if answer.status_code in (200, 201):
            self.desk.promised[text] = answer.json()["id"]
        else:
            self.desk.refused[text] = answer.json()["code"]

    def _insist(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """The product's word; a call without one, or with a 5xx, is made again."""
        ends_at = time.monotonic() + GIVEN_UP_AFTER_SECONDS
        while time.monotonic() < ends_at:
            started = time.perf_counter()
            try:
                answer = self._http.request(method, path, json=body)
            except httpx.TransportError as error:
                self.desk.faults.append(type(error).__name__)
            else:
                if answer.status_code < 500:
                    self.desk.took_ms.append((time.perf_counter() - started) * 1000)
                    return answer
                self.desk.faults.append(f"{answer.status_code} {path}")
            time.sleep(AGAIN_SECONDS)
        raise AssertionError(f"{method} {path} was never answered: {self.desk.faults[-5:]}")
