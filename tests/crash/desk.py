"""Agents who answer through the HTTP API, as a program of a merchant's would; what they were promised is remembered."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Any

import httpx

from tests.support.product import Person

PRESENT_EVERY_SECONDS = 3.0
REPLIES = 2  # to a customer who had the last word
REST_SECONDS = 0.2
AGAIN_SECONDS = 0.3
FINISHED_WITHIN_SECONDS = 60.0


class NobodyAnswers(Exception):
    """The product did not come back."""


class Agent(threading.Thread):
    """Present, accepts whatever waits, and answers whoever had the last word, until told to stop.

    A call that fails is made again: a reply with the same `client_id`, and the next one is not written before the fate
    of this one is known. `promised` are the ids of accepted replies by their texts.
    """

    def __init__(self, person: Person, base_url: str, prefix: str) -> None:
        super().__init__(name=f"agent-{person.username}", daemon=True)
        self.promised: dict[str, int] = {}
        self.took_ms: list[float] = []
        self.faults: list[str] = []
        self._person, self._prefix = person, prefix
        self._stopped = threading.Event()
        self._present_until = 0.0
        self._written: defaultdict[int, int] = defaultdict(int)
        headers = {"authorization": f"Token {person.token}"}
        self._http = httpx.Client(base_url=f"{base_url}/api/v1/", headers=headers, timeout=5)

    def run(self) -> None:
        """Work; once told to stop, until nobody waits for an answer."""
        with self._http:
            while self._round() or not self._stopped.wait(REST_SECONDS):
                pass

    def finish(self) -> None:
        """Answer who is still to be answered, and stop."""
        self._stopped.set()
        self.join(FINISHED_WITHIN_SECONDS)
        assert not self.is_alive(), f"{self.name} does not come to an end: {self.faults[-5:]}"

    def _round(self) -> bool:
        """Whether there was something to do."""
        self._be_present()
        accepted = sum(1 for _ in iter(self._accept_next, False))
        answered = [conversation for conversation in self._mine() if self._answer(conversation)]
        return bool(accepted or answered)

    def _be_present(self) -> None:
        if time.monotonic() > self._present_until:
            self._insist("PUT", "presence/", {"state": "online"})
            self._present_until = time.monotonic() + PRESENT_EVERY_SECONDS

    def _accept_next(self) -> bool:
        return self._insist("POST", "conversations/accept-next/").status_code == 200

    def _mine(self) -> list[dict[str, Any]]:
        """Those of this scenario, the most urgent first; one page is enough for now."""
        path = "conversations/?status=assigned&mine=1&limit=200"
        rows: list[dict[str, Any]] = self._insist("GET", path).json()["results"]
        return [row for row in rows if row["customer"]["external_id"].startswith(f"o{self._prefix}")]

    def _answer(self, conversation: dict[str, Any]) -> bool:
        """Whether the customer had the last word, and may be answered."""
        last = conversation["last_message"]
        if last is None or last["author"] != "customer" or conversation["quota"]["left"] < REPLIES:
            return False
        for _ in range(REPLIES):
            self._reply(conversation)
        return True

    def _reply(self, conversation: dict[str, Any]) -> None:
        number = self._written[conversation["id"]] = self._written[conversation["id"]] + 1
        text = f"{conversation['customer']['external_id']} {self._person.username} #{number}"
        body = {"type": "text", "text": text, "client_id": text}
        answer = self._insist("POST", f"conversations/{conversation['id']}/messages/", body)
        if answer.status_code in (200, 201):
            self.promised[text] = answer.json()["id"]

    def _insist(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """The product's word; a call without one, or with a 5xx, is made again."""
        ends_at = time.monotonic() + FINISHED_WITHIN_SECONDS
        while time.monotonic() < ends_at:
            started = time.perf_counter()
            try:
                answer = self._http.request(method, path, json=body)
            except httpx.TransportError as error:
                self.faults.append(type(error).__name__)
            else:
                if answer.status_code < 500:
                    self.took_ms.append((time.perf_counter() - started) * 1000)
                    return answer
                self.faults.append(f"{answer.status_code} {path}")
            time.sleep(AGAIN_SECONDS)
        raise NobodyAnswers(f"{method} {path}: {self.faults[-5:]}")
