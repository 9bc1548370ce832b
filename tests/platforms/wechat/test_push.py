"""The official push vectors through the envelope; what modes refuse is in the adapters' contract tests."""

import json
from datetime import UTC, datetime

import pytest

from platforms.base import Hook
from platforms.errors import SignatureError
from platforms.wechat.crypto import sign
from platforms.wechat.push import PushKeys, handshake, open_push
from tests.platforms.wechat.vectors import VECTORS

NOW = datetime(2024, 4, 26, tzinfo=UTC)
OPENID = "o9AgO5Kd5ggOC-bXrbNODIiE3bGY"


def hook(name: str, method: str, body: bytes = b"", **query: str) -> Hook:
    given = {each: VECTORS[name][each] for each in ("signature", "timestamp", "nonce")}
    return Hook(method=method, headers={}, query={**given, **query}, body=body, received_at=NOW)


def keys(mode: str) -> PushKeys:
    vector = VECTORS["V3"]
    return PushKeys(token="AAAAA", encoding_aes_key=vector["encoding_aes_key"], app_id=vector["appid"], mode=mode)


def secure_push(**query: str) -> Hook:
    vector = VECTORS["V3"]
    body = json.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": vector["encrypt"]}).encode()
    signatures = {"msg_signature": vector["msg_signature"], "encrypt_type": "aes", "openid": OPENID}
    return hook("V3", "POST", body, **{**signatures, **query})


def test_the_official_handshake() -> None:
    answer = handshake(hook("V1", "GET", echostr=VECTORS["V1"]["echostr"]), token="AAAAA")
    assert answer is not None
    assert (answer.status, answer.body) == (200, b"4375120948345356249")


def test_a_handshake_with_another_token_is_refused() -> None:
    with pytest.raises(SignatureError):
        handshake(hook("V1", "GET", echostr="1"), token="BBBBB")


def test_a_get_without_echostr_is_no_handshake() -> None:
    assert handshake(hook("V1", "GET"), token="AAAAA") is None


def test_the_official_plain_push() -> None:
    body = VECTORS["V2"]["body"].encode()
    assert open_push(hook("V2", "POST", body), keys("plain")) == body


@pytest.mark.parametrize("mode", ["secure", "compatible", "", "something else"])
def test_the_official_secure_push(mode: str) -> None:
    assert open_push(secure_push(), keys(mode)) == VECTORS["V3"]["plain"].encode()


@pytest.mark.parametrize("mode", ["secure", "", "something else"])
def test_a_plain_push_in_secure_mode_is_refused(mode: str) -> None:
    with pytest.raises(SignatureError):
        open_push(hook("V2", "POST", VECTORS["V2"]["body"].encode()), keys(mode))


def test_an_account_without_a_token_opens_nothing() -> None:
    nothing = PushKeys(token="", encoding_aes_key="", app_id="", mode="plain")
    forged = sign("", VECTORS["V2"]["timestamp"], VECTORS["V2"]["nonce"])
    with pytest.raises(SignatureError):
        open_push(hook("V2", "POST", b"{}", signature=forged), nothing)


def test_the_keys_do_not_show_themselves() -> None:
    assert "AAAAA" not in repr(keys("plain"))
