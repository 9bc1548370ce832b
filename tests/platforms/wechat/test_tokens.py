"""Asking for the stable token."""

from datetime import timedelta
from typing import Any

import pytest

from platforms.base import Access
from platforms.errors import AccountMisconfigured, NotTaken, SendError
from platforms.mini_program.adapter import MiniProgram
from platforms.wechat.tokens import fetch_token
from tests.platforms.server import Server, access_to, sent_json

PATH = "/cgi-bin/stable_token"


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def access(server: Server) -> Access:
    return access_to(server, MiniProgram(), secrets={"app_id": "wx1", "app_secret": "s"})


def test_a_token_and_how_long_it_lasts(server: Server, access: Access) -> None:
    server.script(PATH, {"access_token": "t" * 512, "expires_in": 7200})
    token = fetch_token(access)
    assert (token.value, token.lasts) == ("t" * 512, timedelta(hours=2))
    assert sent_json(server.calls[PATH]) == [
        {"grant_type": "client_credential", "appid": "wx1", "secret": "s", "force_refresh": False}
    ]
    assert "t" * 512 not in repr(token)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"errcode": 40013}, AccountMisconfigured),
        ({"errcode": 40125}, AccountMisconfigured),
        ({"errcode": 40164}, AccountMisconfigured),
        ({"errcode": 40001}, AccountMisconfigured),
        ({"errcode": 41002}, AccountMisconfigured),
        ({"errcode": -1}, NotTaken),
        ({"errcode": 45009}, NotTaken),
        ({"errcode": 45011}, NotTaken),
        ({"access_token": "", "expires_in": 7200}, NotTaken),
        ({"access_token": "t"}, NotTaken),
        ({"access_token": "t", "expires_in": True}, NotTaken),
        ({"access_token": "t", "expires_in": 0}, NotTaken),
        ({"access_token": "t", "expires_in": 10**30}, NotTaken),
        ({}, NotTaken),
        (b"", NotTaken),
    ],
)
def test_no_token(server: Server, access: Access, answer: Any, error: type[SendError]) -> None:
    server.script(PATH, answer)
    with pytest.raises(SendError) as caught:
        fetch_token(access)
    assert type(caught.value) is error
