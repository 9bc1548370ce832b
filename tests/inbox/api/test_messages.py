"""Saying something: what is answered, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from inbox.models import Account, Media, Membership, Message, User
from platforms.errors import FateUnknown
from platforms.mini_program.adapter import MiniProgram
from tests.clock import NOON, at
from tests.factories import a_user, an_account, an_agent, said, taken
from tests.inbox.api.calls import Caller
from tests.support.settling import deliver_next

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def account() -> Account:
    return an_account("wedding")


@pytest.fixture
def lin(account: Account) -> User:
    return an_agent("lin", account)


@pytest.fixture
def path(account: Account, lin: User) -> str:
    return f"conversations/{taken(account, lin).pk}/messages/"


def replies() -> list[str]:
    return list(Message.objects.filter(author="agent", position__isnull=False).values_list("text", flat=True))


def test_a_text_is_201_and_queued(lin: User, path: str) -> None:
    status, found = Caller(lin).post(path, {"type": "text", "text": " 在的 ", "client_id": "c-1"})
    message = Message.objects.get(client_id="c-1")
    assert status == 201
    assert found == {
        "id": message.pk,
        "author": "agent",
        "type": "text",
        "text": " 在的 ",
        "content": {"type": "text", "text": " 在的 "},
        "state": "queued",
        "error": None,
        "sent_at": None,
        "received_at": "2026-01-05T04:00:10+00:00",
        "external_id": "",
        "client_id": "c-1",
    }


def test_the_same_client_id_is_200_with_the_same_message_even_after_the_window(lin: User, path: str) -> None:
    body = {"text": "在的", "client_id": "c-1"}
    _, first = Caller(lin).post(path, body)
    with time_machine.travel(NOON + timedelta(days=3), tick=False):
        assert Caller(lin).post(path, body) == (200, first)
        status, found = Caller(lin).post(path, {"text": "在的", "client_id": "c-2"})
    assert (status, found["code"], found["reopens"]) == (409, "window_closed", "customer_message")
    assert replies() == ["在的"]


def test_a_colleagues_client_id_is_refused(account: Account, lin: User, path: str) -> None:
    Caller(lin).post(path, {"text": "在的", "client_id": "c-1"})
    jie = an_agent("jie", account)
    Caller(lin).post(path.replace("messages", "transfer"), {"to_agent": "jie"})
    status, found = Caller(jie).post(path, {"text": "我来", "client_id": "c-1"})
    assert (status, found["code"], found["where"]) == (422, "invalid", "client_id")
    assert replies() == ["在的"]


def test_the_sixth_reply_is_refused(lin: User, path: str) -> None:
    caller = Caller(lin)
    for number in range(5):
        assert caller.post(path, {"text": f"{number}"})[0] == 201
    status, found = caller.post(path, {"text": "6"})
    assert (status, found["code"], found["reopens"]) == (409, "quota_exhausted", "customer_message")
    assert len(replies()) == 5


def test_only_the_owner_replies(account: Account, lin: User, path: str) -> None:
    boss = a_user("boss", role=User.Role.SUPERVISOR, accounts=(account,))
    for other in (an_agent("jie", account), boss):
        status, found = Caller(other).post(path, {"text": "x"})
        assert (status, found["code"], found["by"]) == (403, "not_yours", "lin")
    Membership.objects.filter(user=lin).update(may_reply=False)
    status, found = Caller(lin).post(path, {"text": "x"})
    assert (status, found["code"]) == (403, "not_allowed")
    assert replies() == []


def test_a_queued_conversation_belongs_to_nobody(account: Account, lin: User) -> None:
    waiting = said(account, customer="w").conversation
    status, found = Caller(lin).post(f"conversations/{waiting.pk}/messages/", {"text": "x"})
    assert (status, found["code"], found["by"]) == (403, "not_yours", None)


@pytest.mark.parametrize(
    "body",
    [
        {"text": 7.5},
        {"text": True},
        {"text": None},
        {"text": "x", "type": 7},
        {"text": "x", "type": ""},
        {"text": "x", "type": ["text"]},
        {"text": "x", "client_id": "c" * 65},
        {"text": ["x"]},
        {"type": "image"},
        {},
        [],
        "text",
        None,
    ],
    ids=lambda body: repr(body)[:30],
)
def test_a_body_that_makes_no_sense_is_400(lin: User, path: str, body: Any) -> None:
    status, found = Caller(lin).post(path, body)
    assert (status, found["code"]) == (400, "invalid")
    assert replies() == []


@pytest.mark.parametrize(
    ("body", "where", "why", "words"),
    [
        ({"text": ""}, "text", "empty", "没有内容"),
        ({"text": "  \n"}, "text", "empty", "没有内容"),
        ({"text": "x" * 4001}, "text", "too_long", "最多 4000 个字"),
        ({"text": "a\u0000b"}, "text", "characters", "字符"),
        ({"text": "a\ud800b"}, "text", "characters", "字符"),
        ({"text": "\u0007"}, "text", "empty", "没有内容"),
        ({"type": "voice", "text": "x"}, "type", "unsupported", "类型"),
        ({"type": "video"}, "type", "unsupported", "类型"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_content_that_cannot_be_sent_is_422_with_where_and_why(
    lin: User, path: str, body: Any, where: str, why: str, words: str
) -> None:
    status, found = Caller(lin).post(path, body)
    assert (status, found["code"], found["where"], found["why"]) == (422, "content_refused", where, why)
    assert words in found["detail"]
    assert replies() == []


def test_a_type_the_platform_does_not_take_is_refused(lin: User, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MiniProgram, "features", frozenset({"image"}))
    status, found = Caller(lin).post(path, {"type": "text", "text": "x"})
    assert (status, found["code"], found["where"], found["why"]) == (422, "content_refused", "type", "unsupported")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "parse_error"),
        (b"\xff", "application/json", 400, "parse_error"),
        (b'{"text": NaN}', "application/json", 400, "parse_error"),
        (b"[" * 100_000, "application/json", 400, "parse_error"),
        (b'{"text": "%s"}' % (b"x" * 300_000), "application/json", 413, "too_large"),
        (b"text=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"x", "multipart/form-data", 400, "parse_error"),
    ],
)
def test_bytes_that_cannot_be_read(
    lin: User, path: str, body: bytes, content_type: str, status: int, code: str
) -> None:
    found = Caller(lin).raw(path, body, content_type)
    assert (found[0], found[1]["code"]) == (status, code)
    assert replies() == []


def a_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(out, "PNG")
    return out.getvalue()


def test_a_picture_is_kept_and_queued_once(lin: User, path: str, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    for expected in (201, 200):
        upload = SimpleUploadedFile("红.png", a_picture(), content_type="text/html")
        assert Caller(lin).upload(path, file=upload, client_id="p-1")[0] == expected
    media = Media.objects.get()
    found = Caller(lin).get(path)[1]["results"][0]
    assert (found["type"], found["state"], found["text"]) == ("image", "queued", "")
    assert found["content"] == {
        "type": "image",
        "media": {
            "id": media.pk,
            "url": f"/api/v1/media/{media.pk}/",
            "state": "stored",
            "name": "image.png",
            "mime": "image/png",
            "size_bytes": len(a_picture()),
        },
    }
    answer = Caller(lin).client.get(found["content"]["media"]["url"], headers=Caller(lin).headers)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, a_picture(), "image/png")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Disposition"] == "inline"


def test_a_refused_picture_leaves_nothing(
    account: Account, lin: User, path: str, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    status, found = Caller(lin).upload(path, file=SimpleUploadedFile("a.png", b"<svg/>"))
    assert (status, found["code"], found["where"], found["why"]) == (422, "content_refused", "file", "not_an_image")
    assert Caller(lin).upload(path, file=SimpleUploadedFile("a.png", a_picture()), type="video")[1]["where"] == "type"
    jie = an_agent("jie", account)
    assert Caller(jie).upload(path, file=SimpleUploadedFile("a.png", a_picture()))[0] == 403
    for limit_bytes in (10, -65_000):
        settings.MEDIA_LIMIT_BYTES = limit_bytes
        status, found = Caller(lin).upload(path, file=SimpleUploadedFile("a.png", a_picture() * 20))
        assert (status, found["code"], found["where"], found["why"]) == (422, "content_refused", "file", "too_large")
    assert not Media.objects.exists()
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
    assert replies() == []


def test_a_file_that_is_no_picture_is_saved_not_shown(account: Account, lin: User, path: str, tmp_path: Path) -> None:
    conversation = Message.objects.earliest("id").conversation
    media = Media(account=account, conversation=conversation, state="stored", created_at=NOON, name="x.html")
    media.mime = "application/octet-stream"
    media.file.save("x.html", io.BytesIO(b"<script>"))  # type: ignore[arg-type]
    answer = Caller(lin).client.get(f"/api/v1/media/{media.pk}/", headers=Caller(lin).headers)
    assert answer["Content-Disposition"] == f'attachment; filename="media-{media.pk}"'
    media.file.delete()


def test_a_failed_reply_is_retried_and_an_unknown_one_only_when_confirmed(lin: User, path: str) -> None:
    caller = Caller(lin)
    _, message = caller.post(path, {"text": "在的"})
    row = Message.objects.get(pk=message["id"])
    status, found = caller.post(f"messages/{row.pk}/retry/")
    assert (status, found["code"], found["state"]) == (409, "wrong_state", "queued")
    deliver_next(row.customer_id, at=at(10), outcome=FateUnknown("nothing came back"))
    status, found = caller.post(f"messages/{row.pk}/retry/", {})
    assert (status, found["code"], found["needs_confirmation"]) == (409, "wrong_state", True)
    status, found = caller.post(f"messages/{row.pk}/retry/", {"confirmed": True})
    assert (status, found["id"], found["state"]) == (200, row.pk, "queued")


@pytest.mark.parametrize(("word", "state", "error"), [("sent", "sent", None), ("not_sent", "failed", "not_sent")])
def test_an_unknown_reply_is_resolved(lin: User, path: str, word: str, state: str, error: str | None) -> None:
    caller = Caller(lin)
    _, message = caller.post(path, {"text": "在的"})
    row = Message.objects.get(pk=message["id"])
    deliver_next(row.customer_id, at=at(11), outcome=FateUnknown("nothing came back"))
    status, found = caller.post(f"messages/{row.pk}/resolve/", {"as": word})
    assert (status, found["state"], found["error"]) == (200, state, error)
    assert caller.post(f"messages/{row.pk}/resolve/", {"as": word})[0] == 409
    assert caller.post(f"messages/{row.pk}/resolve/", {"as": "perhaps"})[0] == 400


def test_messages_are_listed_newest_first(account: Account, lin: User, path: str) -> None:
    said(account, "第二句", at=at(3))
    _, first = Caller(lin).get(path, limit=2)
    assert [row["text"] or row["type"] for row in first["results"]] == ["第二句", "accepted"]
    _, second = Caller(lin).get(first["next"])
    assert [row["text"] for row in second["results"]] == ["在吗"]
    assert second["next"] is None


def test_a_session_needs_csrf(lin: User, path: str) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(lin)
    answer = client.post("/api/v1/" + path, '{"text": "x"}', content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert replies() == []
