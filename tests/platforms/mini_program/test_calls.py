"""What reaches WeChat's servers when a reply, a picture or typing goes out, or a picture is fetched."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from platforms.base import Access, Receipt, SendContext
from platforms.content import Content, Image, MediaFile, MediaRef, Text
from platforms.errors import (
    AccountMisconfigured,
    ContentRefused,
    FateUnknown,
    MediaError,
    MediaUnavailable,
    NotTaken,
    Refused,
    SendError,
)
from platforms.limits import GrantKind
from platforms.mini_program.adapter import MiniProgram
from tests.platforms.server import API_BASE, LOST, NEVER_CONNECTED, Scripted, Server, Tokens, access_to, sent_json

SEND, TOKEN, TYPING = (
    "/cgi-bin/message/custom/send",
    "/cgi-bin/stable_token",
    "/cgi-bin/message/custom/typing",
)
UPLOAD, MEDIA = "/cgi-bin/media/upload", "/cgi-bin/media/get"
OK = {"errcode": 0, "errmsg": "ok"}
PICTURE = b"\x89PNG\r\n\x1a\n..."
PLATFORM = MiniProgram()


@pytest.fixture
def server() -> Server:
    server = Server()
    server.script(TOKEN, {"access_token": "t1", "expires_in": 7200}, {"access_token": "t2", "expires_in": 7200})
    server.script(SEND, OK)
    server.script(TYPING, OK)
    server.script(UPLOAD, {"type": "image", "media_id": "m1", "created_at": 1767225600})
    server.script(MEDIA, httpx.Response(200, content=PICTURE, headers={"content-type": "image/png"}))
    server.script("/0", httpx.Response(200, content=PICTURE, headers={"content-type": "image/jpeg; q=1"}))
    return server


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def access(server: Server, tokens: Tokens) -> Access:
    return access_to(server, PLATFORM, secrets={"app_id": "wx1", "app_secret": "s"}, tokens=tokens)


def send(content: Content, access: Access) -> Receipt:
    return PLATFORM.send(content, context=SendContext(access=access, to="o1", grant=GrantKind.MESSAGE, attempt_key="1"))


def picture(body: bytes = PICTURE, mime: str = "image/png") -> Image:
    return Image(file=MediaFile(name="图.png", mime=mime, body=body))


def test_text_leaves_as_utf8_without_escapes(server: Server, access: Access) -> None:
    assert send(Text(text='有的 "L" 码😀\n</a>'), access) == Receipt(id="")
    (request,) = server.calls[SEND]
    assert dict(request.url.params) == {"access_token": "t1"}
    assert request.content.decode() == (
        '{"touser": "o1", "msgtype": "text", "text": {"content": "有的 \\"L\\" 码😀\\n</a>"}}'
    )


def test_a_token_is_fetched_once_for_many_replies(server: Server, access: Access, tokens: Tokens) -> None:
    for _ in range(3):
        send(Text(text="好"), access)
    assert (tokens.fetched, len(server.calls[SEND])) == (1, 3)


def test_the_second_call_carries_the_new_token(server: Server, access: Access) -> None:
    server.script(SEND, {"errcode": 40001, "errmsg": "invalid credential"}, OK)
    send(Text(text="好"), access)
    assert [request.url.params["access_token"] for request in server.calls[SEND]] == ["t1", "t2"]


@pytest.mark.parametrize(("setting", "error"), [("on", NotTaken), ("off", FateUnknown)])
def test_busy_is_what_the_account_says(server: Server, setting: str, error: type[SendError]) -> None:
    access = access_to(server, PLATFORM, secrets={"app_id": "wx1"}, settings={"retry_busy": setting})
    server.script(SEND, {"errcode": -1, "errmsg": "system error"})
    with pytest.raises(SendError) as caught:
        send(Text(text="好"), access)
    assert type(caught.value) is error


def test_an_image_is_uploaded_and_then_sent(server: Server, access: Access) -> None:
    assert send(picture(), access) == Receipt(id="")
    (upload,) = server.calls[UPLOAD]
    assert dict(upload.url.params) == {"access_token": "t1", "type": "image"}
    assert b'name="media"; filename="' in upload.content
    assert b"content-type: image/png" in upload.content.lower()
    assert PICTURE in upload.content
    assert sent_json(server.calls[SEND]) == [{"touser": "o1", "msgtype": "image", "image": {"media_id": "m1"}}]


@pytest.mark.parametrize("fault", [*NEVER_CONNECTED, *LOST, {"errcode": -1}, {"errcode": 45011}], ids=repr)
def test_a_failed_upload_means_that_nothing_was_sent(server: Server, access: Access, fault: Scripted) -> None:
    server.script(UPLOAD, fault)
    with pytest.raises(NotTaken):
        send(picture(), access)
    assert len(server.calls[SEND]) == 0


@pytest.mark.parametrize(("code", "error"), [(40005, ContentRefused), (48001, AccountMisconfigured)])
def test_a_refused_upload_is_a_refusal(server: Server, access: Access, code: int, error: type[SendError]) -> None:
    server.script(UPLOAD, {"errcode": code})
    with pytest.raises(error):
        send(picture(), access)
    assert len(server.calls[SEND]) == 0


def test_a_lost_answer_to_an_image_leaves_its_fate_unknown(server: Server, access: Access) -> None:
    server.script(SEND, httpx.ReadTimeout("no"))
    with pytest.raises(FateUnknown):
        send(picture(), access)
    assert (len(server.calls[UPLOAD]), len(server.calls[SEND])) == (1, 1)


def test_a_media_id_of_no_use_is_replaced_once(server: Server, access: Access) -> None:
    server.script(UPLOAD, {"media_id": "m1"}, {"media_id": "m2"})
    server.script(SEND, {"errcode": 40007, "errmsg": "invalid media_id"}, OK)
    send(picture(), access)
    assert [sent["image"]["media_id"] for sent in sent_json(server.calls[SEND])] == ["m1", "m2"]


def test_a_media_id_of_no_use_twice_is_refused(server: Server, access: Access) -> None:
    server.script(SEND, {"errcode": 40007})
    with pytest.raises(ContentRefused):
        send(picture(), access)
    assert (len(server.calls[UPLOAD]), len(server.calls[SEND])) == (2, 2)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (Text(text=""), "empty"),
        (Text(text="\x00\t\n "), "empty"),
        (Text(text="a\ud83d"), "characters"),
        (Image(), "empty"),
        (picture(b""), "empty"),
        (picture(mime="image/svg+xml"), "image_type"),
        (picture(mime="text/html"), "image_type"),
        (picture(b"x" * 101), "image_size"),
    ],
)
def test_content_that_would_be_refused_leaves_nothing(server: Server, content: Content, why: str) -> None:
    access = access_to(server, PLATFORM, secrets={"app_id": "wx1"}, settings={"image_limit_bytes": "100"})
    with pytest.raises(ContentRefused) as caught:
        send(content, access)
    assert caught.value.platform_code == why
    assert not any(server.calls.values())


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "image/gif", "image/bmp"])
def test_pictures_are_taken(mime: str) -> None:
    PLATFORM.check(picture(mime=mime))


def test_typing_is_shown_and_hidden(server: Server, access: Access) -> None:
    PLATFORM.typing("o1", on=True, access=access)
    PLATFORM.typing("o1", on=False, access=access)
    assert sent_json(server.calls[TYPING]) == [
        {"touser": "o1", "command": "Typing"},
        {"touser": "o1", "command": "CancelTyping"},
    ]


@pytest.mark.parametrize("code", [45080, 45081])
def test_typing_too_early_or_again_is_no_error(server: Server, access: Access, code: int) -> None:
    server.script(TYPING, {"errcode": code})
    PLATFORM.typing("o1", on=True, access=access)


def test_other_typing_errors_are_told(server: Server, access: Access) -> None:
    server.script(TYPING, {"errcode": 45072})
    with pytest.raises(Refused):
        PLATFORM.typing("o1", on=True, access=access)


def fetch(media: MediaRef, access: Access) -> MediaFile:
    return PLATFORM.download(media, limit_bytes=1000, access=access)


def test_a_picture_is_fetched_by_its_media_id(server: Server, access: Access) -> None:
    found = fetch(MediaRef(id="in1", url="http://mmbiz.qpic.cn/0"), access)
    assert found == MediaFile(name="image.png", mime="image/png", body=PICTURE)
    (request,) = server.calls[MEDIA]
    assert dict(request.url.params) == {"access_token": "t1", "media_id": "in1"}
    assert len(server.calls["/0"]) == 0


def test_an_expired_media_id_falls_back_to_the_address(server: Server, access: Access) -> None:
    server.script(MEDIA, {"errcode": 40007, "errmsg": "invalid media_id"})
    assert fetch(MediaRef(id="in1", url="http://mmbiz.qpic.cn/0"), access).name == "image.jpg"


def test_an_expired_media_id_alone_is_unavailable(server: Server, access: Access) -> None:
    server.script(MEDIA, {"errcode": 40007, "errmsg": "invalid media_id"})
    with pytest.raises(MediaUnavailable):
        fetch(MediaRef(id="in1"), access)


def test_a_stale_token_is_replaced_for_a_picture_too(server: Server, access: Access, tokens: Tokens) -> None:
    server.script(
        MEDIA, {"errcode": 42001}, httpx.Response(200, content=PICTURE, headers={"content-type": "image/png"})
    )
    assert fetch(MediaRef(id="in1"), access).body == PICTURE
    assert tokens.fetched == 2


PASSING: list[Any] = [
    *NEVER_CONNECTED,
    *LOST[:7],
    {"errcode": -1},
    {"errcode": 48001},
    {"errcode": 0},
    b"",
    {},
]


@pytest.mark.parametrize("fault", PASSING, ids=repr)
def test_a_passing_fault_is_tried_again(server: Server, access: Access, fault: Scripted) -> None:
    server.script(MEDIA, fault)
    with pytest.raises(MediaError) as caught:
        fetch(MediaRef(id="in1"), access)
    assert type(caught.value) is MediaError


def test_a_picture_that_is_too_large_is_unavailable(server: Server, access: Access) -> None:
    server.script(MEDIA, httpx.Response(200, content=b"x" * 1001, headers={"content-type": "image/png"}))
    with pytest.raises(MediaUnavailable):
        fetch(MediaRef(id="in1"), access)


def test_without_a_token_a_picture_is_tried_again(server: Server, access: Access) -> None:
    server.script(TOKEN, {"errcode": 40164})
    with pytest.raises(MediaError) as caught:
        fetch(MediaRef(id="in1"), access)
    assert type(caught.value) is MediaError


def test_an_address_of_the_accounts_own_api_base_is_fetched(access: Access) -> None:
    assert fetch(MediaRef(url=f"{API_BASE}/0"), access).body == PICTURE
