"""What every platform's adapter must keep: its test subclasses `PlatformContract` and fills the hooks in."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st

from platforms.base import Access, Hook, Platform, SendContext
from platforms.content import Image, Link, MediaRef, Text, Unknown
from platforms.errors import (
    ContentRefused,
    EnvelopeError,
    FateUnknown,
    HookError,
    MediaUnavailable,
    NotTaken,
    PayloadError,
    SendError,
    SignatureError,
)
from platforms.events import MessageReceived
from platforms.limits import GrantKind
from tests.platforms.server import LOST, NEVER_CONNECTED, Scripted, Server, Tokens, access_to, response

NOW = datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC)


class PlatformContract:
    """The hooks that an adapter fills in come first, then the tests."""

    platform: ClassVar[Platform]
    secrets: ClassVar[Mapping[str, str]]
    settings: ClassVar[Mapping[str, str]] = {}
    secret_names: ClassVar[tuple[str, ...]]  # the secrets whose values appear in no error
    send_path: ClassVar[str]
    token_path: ClassVar[str]
    taken: ClassVar[Mapping[str, Any]]  # the answer to a message that was taken
    token_answers: ClassVar[tuple[Scripted, ...]]  # the first, and the one that replaces it
    stale: ClassVar[Scripted]  # the answer to a call with a stale token
    refusals: ClassVar[Mapping[str, tuple[Scripted, type[SendError]]]]  # the platform's code: answer, error

    def handshake(self, *, right: bool) -> Hook | None:
        """The platform's check of our URL, None if it does none."""
        return None

    def hook(self, body: bytes) -> Hook:
        """`body` as the platform pushes it, authentic."""
        raise NotImplementedError

    def forgeries(self, body: bytes) -> Iterable[Hook]:
        """Pushes of `body` that do not prove where they come from."""
        raise NotImplementedError

    def unopenable(self) -> Iterable[Hook]:
        """Pushes that no key opens, though nothing is wrong with who sent them or nobody can tell."""
        return []

    def messages(self) -> Iterable[bytes]:
        """Plain bodies of a customer's messages, each another message."""
        raise NotImplementedError

    def strange_message(self) -> tuple[bytes, str]:
        """The plain body of a message whose type does not exist yet, and that type."""
        raise NotImplementedError

    @cached_property
    def server(self) -> Server:
        """The platform's servers, all well."""
        server = Server()
        server.script(self.send_path, self.taken)
        server.script(self.token_path, *self.token_answers)
        return server

    @cached_property
    def tokens(self) -> Tokens:
        """The account's token store, empty."""
        return Tokens()

    @cached_property
    def access(self) -> Access:
        """The account."""
        return access_to(self.server, self.platform, secrets=self.secrets, settings=self.settings, tokens=self.tokens)

    def send(self, content: Any = None) -> Any:
        """Send a text to a customer."""
        context = SendContext(access=self.access, to="customer-1", grant=GrantKind.MESSAGE, attempt_key="attempt-1")
        return self.platform.send(content or Text(text="有的，L码"), context=context)

    def sends(self) -> int:
        """How many messages reached the platform."""
        return len(self.server.calls[self.send_path])

    def opened(self, body: bytes) -> Hook:
        """`body` pushed and opened."""
        hook = self.hook(body)
        return hook.with_opened(self.platform.open(hook, self.access))

    # The door

    def test_a_handshake_is_answered(self) -> None:
        hook = self.handshake(right=True)
        if hook is not None:
            answer = self.platform.challenge(hook, self.access)
            assert answer is not None
            assert answer.status == 200
            assert answer.body

    def test_a_handshake_with_a_wrong_signature_is_refused(self) -> None:
        hook = self.handshake(right=False)
        if hook is not None:
            with pytest.raises(SignatureError):
                self.platform.challenge(hook, self.access)

    def test_a_push_is_no_handshake(self) -> None:
        assert self.platform.challenge(self.hook(b"{}"), self.access) is None

    def test_an_authentic_push_is_opened(self) -> None:
        for body in self.messages():
            assert self.platform.open(self.hook(body), self.access) == body

    def test_a_forgery_is_refused_with_401(self) -> None:
        for body in self.messages():
            for hook in self.forgeries(body):
                with pytest.raises(SignatureError) as caught:
                    self.platform.open(hook, self.access)
                assert caught.value.status == 401

    def test_a_tampered_push_is_refused_or_says_the_same(self) -> None:
        said = next(iter(self.messages()))
        hook = self.hook(said)
        for position in range(0, len(hook.body), 7):
            body = bytearray(hook.body)
            body[position] ^= 1
            try:
                assert self.platform.open(replace(hook, body=bytes(body)), self.access) == said
            except HookError:
                continue

    def test_what_cannot_be_opened_is_refused_with_400(self) -> None:
        for hook in self.unopenable():
            with pytest.raises(EnvelopeError) as caught:
                self.platform.open(hook, self.access)
            assert caught.value.status == 400

    @hypothesis.settings(max_examples=100, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(body=st.binary(max_size=400), query=st.dictionaries(st.text(max_size=14), st.text(max_size=30)))
    def test_arbitrary_pushes_raise_nothing_else(self, body: bytes, query: dict[str, str]) -> None:
        authentic = self.hook(b"{}")
        for hook in (replace(authentic, body=body), replace(authentic, body=body, query=query)):
            try:
                self.platform.open(hook, self.access)
            except HookError:
                continue

    # The events

    def test_a_repeated_push_has_the_same_keys(self) -> None:
        for body in self.messages():
            first, again = (self.platform.parse(self.opened(body)) for _ in range(2))
            assert [event.key for event in first] == [event.key for event in again] != []

    def test_different_messages_have_different_keys(self) -> None:
        keys = [event.key for body in self.messages() for event in self.platform.parse(self.opened(body))]
        assert len(set(keys)) == len(keys)
        assert all(keys)

    def test_messages_name_their_customer_and_an_aware_time(self) -> None:
        for body in self.messages():
            (event,) = self.platform.parse(self.opened(body))
            assert isinstance(event, MessageReceived)
            assert event.customer
            assert event.id
            assert event.sent_at.tzinfo is UTC

    def test_a_type_that_does_not_exist_yet_is_kept(self) -> None:
        body, kind = self.strange_message()
        (event,) = self.platform.parse(self.opened(body))
        assert isinstance(event, MessageReceived)
        assert isinstance(event.content, Unknown)
        assert event.content.kind == kind
        assert event.content.raw == event.raw

    @hypothesis.settings(max_examples=100, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(
        body=st.binary(max_size=400)
        | st.recursive(st.text() | st.integers() | st.none(), st.lists).map(str).map(str.encode)
    )
    def test_arbitrary_bodies_raise_nothing_else(self, body: bytes) -> None:
        try:
            self.platform.parse(self.hook(b"{}").with_opened(body))
        except PayloadError:
            return

    # The messages out

    def test_a_message_is_taken(self) -> None:
        assert isinstance(self.send().id, str)
        assert self.sends() == 1

    @pytest.mark.parametrize("fault", NEVER_CONNECTED, ids=repr)
    def test_a_connection_never_made_is_not_taken(self, fault: Exception) -> None:
        self.server.script(self.send_path, fault)
        with pytest.raises(NotTaken) as caught:
            self.send()
        assert not caught.value.permanent
        assert self.sends() == 1

    @pytest.mark.parametrize("fault", LOST, ids=repr)
    def test_a_lost_answer_leaves_the_fate_unknown_and_is_never_repeated(self, fault: Scripted) -> None:
        self.server.script(self.send_path, fault)
        with pytest.raises(FateUnknown):
            self.send()
        assert self.sends() == 1

    def test_a_5xx_counts_whatever_its_body_says(self) -> None:
        self.server.script(self.send_path, httpx.Response(503, content=response(self.taken).content))
        with pytest.raises(FateUnknown):
            self.send()
        assert self.sends() == 1

    def test_every_refusal_has_its_class(self) -> None:
        for code, (answer, error) in self.refusals.items():
            self.server.script(self.send_path, answer)
            with pytest.raises(SendError) as caught:
                self.send()
            assert (code, type(caught.value)) == (code, error)
            assert caught.value.platform_code == code
            assert self.sends() == 1

    def test_a_stale_token_is_replaced_once_and_the_message_sent_again(self) -> None:
        self.server.script(self.send_path, self.stale, self.taken)
        self.send()
        assert (self.sends(), self.tokens.fetched) == (2, 2)

    def test_a_token_stale_twice_ends_the_attempt(self) -> None:
        self.server.script(self.send_path, self.stale)
        with pytest.raises(NotTaken):
            self.send()
        assert (self.sends(), self.tokens.fetched) == (2, 2)

    @pytest.mark.parametrize("fault", [*NEVER_CONNECTED, *LOST], ids=repr)
    def test_without_a_token_no_message_leaves(self, fault: Scripted) -> None:
        self.server.script(self.token_path, fault)
        with pytest.raises(NotTaken):
            self.send()
        assert self.sends() == 0

    def test_a_lost_answer_after_a_new_token_leaves_the_fate_unknown(self) -> None:
        self.server.script(self.send_path, self.stale, httpx.ReadTimeout("no"))
        with pytest.raises(FateUnknown):
            self.send()
        assert self.sends() == 2

    def test_no_error_and_no_log_tells_a_secret(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        told = []
        for fault in [*NEVER_CONNECTED, *LOST, *(answer for answer, _ in self.refusals.values())]:
            self.server.script(self.send_path, fault)
            with pytest.raises(SendError) as caught:
                self.send()
            told += traceback.format_exception(caught.value)
        text = "".join(told) + caplog.text + repr(self.access)
        for secret in [self.tokens.value, *(self.secrets[name] for name in self.secret_names)]:
            assert secret not in text

    def test_what_it_cannot_say_is_refused_before_a_call(self) -> None:
        with pytest.raises(ContentRefused):
            self.send(Link(title="t", url="https://example.com"))
        with pytest.raises(ContentRefused):
            self.send(Text(text=" \n"))
        assert self.sends() == 0

    # The files

    def test_a_file_elsewhere_is_not_fetched(self) -> None:
        for url in ("http://169.254.169.254/a", "file:///etc/passwd", "https://evil.test/a", "nonsense", ""):
            with pytest.raises(MediaUnavailable):
                self.platform.download(MediaRef(url=url), limit_bytes=1000, access=self.access)
        assert not any(self.server.calls.values())

    def test_an_empty_image_is_refused(self) -> None:
        with pytest.raises(ContentRefused):
            self.platform.check(Image())

    def test_it_has_no_problem_with_these_secrets(self) -> None:
        assert self.platform.problems(self.secrets, self.settings) == []
