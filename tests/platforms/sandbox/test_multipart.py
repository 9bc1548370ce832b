"""Forms as clients write them."""

import os

import httpx
import pytest

from platforms.sandbox.multipart import Part, parse


def form(**fields: tuple[str, bytes, str]) -> tuple[bytes, str]:
    """A form as httpx writes it."""
    request = httpx.Request("POST", "http://a/", files=fields)
    return request.read(), request.headers["content-type"]


def test_a_file_comes_out_as_it_went_in() -> None:
    content = os.urandom(5000) + b"\r\n--" + b"\r\n" * 3
    found = parse(*form(media=("图.png", content, "image/png"), other=("b", b"", "text/plain")))
    assert found["media"] == Part("media", "image/png", content)
    assert found["other"].body == b""


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=a"])
def test_what_is_no_form_has_no_fields(content_type: str) -> None:
    assert parse(b"--a\r\n\r\nb\r\n--a--", content_type) == {}


def test_a_form_without_an_end_is_read_as_far_as_it_goes() -> None:
    body, content_type = form(media=("a.png", b"abc", "image/png"))
    assert parse(body[:20], content_type) == {}
