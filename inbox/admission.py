"""Who may open a socket, and what they hear on it: asked once, when it is opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http.request import split_domain_port, validate_host

from inbox.language import language_of
from inbox.models import ApiToken, User
from inbox.queries import accounts_of, visible_to
from inbox.realtime import QUEUE, WATCH, desk_group, queue_group, talk_group, user_group, watch_group
from inbox.services.api_tokens import digest_of
from routing.services.heartbeat import hear_of

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Seat:
    """A person at a socket."""

    user: int
    username: str
    name: str
    language: str
    supervises: bool
    groups: tuple[str, ...]

    def talk_groups(self, conversation: int) -> list[str]:
        """Where its messages are told to somebody who has it open. Of what is a colleague's an agent hears nothing."""
        viewers: list[int | str] = [WATCH] if self.supervises else [QUEUE, self.user]
        return [talk_group(conversation, viewer, self.language) for viewer in viewers]


def admit(headers: Headers, *, now: datetime) -> Seat | None:
    """The seat of whoever the token or the session names, who is connected from now; None if that is nobody."""
    found = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in headers}
    user = _by_token(found["authorization"]) if "authorization" in found else _by_session(found.get("cookie", ""))
    if user is None:
        return None
    hear_of([user.pk], now=now)
    language = language_of(user)
    return Seat(user.pk, user.username, user.shown_name, language, user.supervises, _groups(user, language))


def may_watch(user: int, conversation: int) -> bool:
    """Whether they may read it now."""
    person = User.objects.filter(pk=user, is_active=True).first()
    return person is not None and visible_to(person).filter(pk=conversation).exists()


def is_from_our_page(headers: Headers) -> bool:
    """Browsers send cookies with any page's socket; only our own may open one. Programs show a token instead."""
    found = {name.lower(): value.decode("latin-1") for name, value in headers}
    if b"authorization" in found:
        return True
    origin, host = found.get(b"origin", ""), found.get(b"host", "")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS) and urlsplit(origin).netloc == host


def _groups(user: User, language: str) -> tuple[str, ...]:
    group = watch_group if user.supervises else queue_group
    accounts = accounts_of(user).values_list("pk", flat=True)
    own = (user_group(user.pk), desk_group(user.pk, language))
    return (*own, *(group(account, language) for account in accounts))


def _by_token(header: str) -> User | None:
    kind, _, text = header.partition(" ")
    token = ApiToken.objects.select_related("user").filter(digest=digest_of(text.strip())).first()
    return token.user if token is not None and kind.lower() == "token" and token.user.is_active else None


def _by_session(cookie: str) -> User | None:
    """Whoever is logged in; nobody before they have set a password of their own."""
    try:
        morsel = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if morsel is None:
        return None
    store = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    user = get_user(cast("Any", SimpleNamespace(session=store)))
    return user if isinstance(user, User) and user.is_active and not user.must_change_password else None
