"""Pushes that are no events, and what goes out."""

import json

import pytest

from platforms.content import Image, Link, Text
from platforms.errors import PayloadError
from platforms.events import MessageReceived, SessionEntered
from platforms.mini_program.wire import events_in, outgoing

TEXT = {
    "ToUserName": "gh",
    "FromUserName": "o1",
    "CreateTime": 1767225600,
    "MsgType": "text",
    "Content": "a",
    "MsgId": 1,
}
ENTER = {
    "FromUserName": "o1",
    "CreateTime": 1767225600,
    "MsgType": "event",
    "Event": "user_enter_tempsession",
}


def pushed(payload: dict[str, object]) -> bytes:
    return json.dumps(payload).encode()


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"MsgId": None}, "MsgId"),
        ({"MsgId": ""}, "MsgId"),
        ({"MsgId": True}, "MsgId"),
        ({"MsgId": 1.5}, "MsgId"),
        ({"MsgId": [1]}, "MsgId"),
        ({"MsgId": "x" * 129}, "MsgId"),
        ({"FromUserName": ""}, "FromUserName"),
        ({"FromUserName": "x" * 129}, "FromUserName"),
        ({"CreateTime": None}, "time"),
        ({"CreateTime": "soon"}, "time"),
        ({"CreateTime": 1767225600000}, "time"),
        ({"MsgType": "event"}, "Event"),
    ],
)
def test_a_push_without_what_it_must_have_is_a_dead_letter(changed: dict[str, object], missing: str) -> None:
    with pytest.raises(PayloadError, match=missing):
        events_in(pushed({**TEXT, **changed}))


def test_an_encrypted_body_in_plain_mode_says_so() -> None:
    with pytest.raises(PayloadError, match="push_mode"):
        events_in(pushed({"ToUserName": "gh", "Encrypt": "abc"}))


def test_raw_is_what_came() -> None:
    (event,) = events_in(pushed({**TEXT, "New": {"field": [1]}}))
    assert event.raw == {**TEXT, "New": {"field": [1]}}


def test_a_type_we_do_not_know_keeps_everything() -> None:
    (event,) = events_in(pushed({**TEXT, "MsgType": "hologram"}))
    assert isinstance(event, MessageReceived)
    assert event.content.raw == event.raw  # type: ignore[attr-defined]


def test_json_and_xml_of_one_event_have_one_key() -> None:
    xml = "<xml>" + "".join(f"<{name}>{value}</{name}>" for name, value in ENTER.items()) + "</xml>"
    assert events_in(pushed(ENTER))[0].key == events_in(xml.encode())[0].key


def test_a_long_session_from_is_cut() -> None:
    (event,) = events_in(pushed({**ENTER, "SessionFrom": "x" * 5000}))
    assert isinstance(event, SessionEntered)
    assert event.entry.value == "x" * 1000


def test_text_goes_out_without_control_characters() -> None:
    message = outgoing(Text(text="你好\r\n\x00\x0b\ta"), to="o1")
    assert message == {"touser": "o1", "msgtype": "text", "text": {"content": "你好\n\ta"}}


def test_an_image_goes_out_as_its_media_id() -> None:
    assert outgoing(Image(), to="o1", media_id="m1") == {
        "touser": "o1",
        "msgtype": "image",
        "image": {"media_id": "m1"},
    }


def test_other_content_does_not_go_out() -> None:
    with pytest.raises(ValueError, match="link"):
        outgoing(Link(title="t", url="u"), to="o1")
