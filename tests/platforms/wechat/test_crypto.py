"""Signature and AES envelope against the published vectors, and against nonsense."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.errors import EnvelopeError
from platforms.wechat.crypto import _cipher, aes_key, decrypt, encrypt, sign, signature_is_right
from tests.platforms.wechat.vectors import VECTORS

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
KEYS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", min_size=43, max_size=43)


@pytest.mark.parametrize("name", ["V1", "V2", "V3"])
def test_plain_signatures(name: str) -> None:
    vector = VECTORS[name]
    assert sign(vector["token"], vector["timestamp"], vector["nonce"]) == vector["signature"]


@pytest.mark.parametrize("name", ["V3", "V4", "V6", "V7"])
def test_signatures_that_cover_the_message(name: str) -> None:
    vector = VECTORS[name]
    covered = vector.get("encrypt") or vector["echostr"]
    parts = (vector["token"], vector["timestamp"], vector["nonce"], covered)
    assert sign(*parts) == vector["msg_signature"]
    assert signature_is_right(vector["msg_signature"], *parts)
    assert not signature_is_right(vector["msg_signature"][:-1], *parts)


@pytest.mark.parametrize("name", ["V4", "V9"])
def test_encrypting(name: str) -> None:
    vector = VECTORS[name]
    encrypted = encrypt(
        vector["plain"].encode(),
        encoding_aes_key=vector["encoding_aes_key"],
        app_id=vector["appid"],
        random=vector["random"].encode(),
    )
    assert encrypted == vector["encrypt"]


@pytest.mark.parametrize("name", ["V3", "V4", "V7", "V9"])
def test_decrypting(name: str) -> None:
    vector = VECTORS[name]
    encrypted, app_id = vector.get("encrypt") or vector["echostr"], vector.get("appid") or vector["corp_id"]
    opened = decrypt(encrypted, encoding_aes_key=vector["encoding_aes_key"])
    assert opened == (vector["plain"].encode(), app_id)


@given(
    st.binary(max_size=200),
    st.text(st.characters(codec="utf-8"), max_size=40),
    KEYS,
    st.binary(min_size=16, max_size=16),
)
def test_there_and_back(plain: bytes, app_id: str, key: str, random: bytes) -> None:
    encrypted = encrypt(plain, encoding_aes_key=key, app_id=app_id, random=random)
    assert decrypt(encrypted, encoding_aes_key=key) == (plain, app_id)


@given(st.text(max_size=100) | st.binary(max_size=130).map(lambda body: b64encode(body).decode()))
def test_nonsense_is_an_envelope_error(text: str) -> None:
    with pytest.raises(EnvelopeError):
        decrypt(text, encoding_aes_key=KEY)


@given(st.text(max_size=60))
def test_a_key_is_32_bytes_or_an_error(key: str) -> None:
    try:
        assert len(aes_key(key)) == 32
    except EnvelopeError:
        return


def test_a_random_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        encrypt(b"", encoding_aes_key=KEY, app_id="a", random=b"short")


def encrypted(padded: bytes) -> str:
    encryptor = _cipher(KEY).encryptor()
    return b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def framed(length: int, message: bytes) -> bytes:
    return b"0" * 16 + length.to_bytes(4, "big") + message


@pytest.mark.parametrize(
    "padded",
    [
        framed(6, b"hello") + b"\x07" * 7,  # says more than there is
        framed(2**32 - 1, b"hello") + b"\x07" * 7,
        framed(1, b"\xff" * 5) + b"\x07" * 7,  # an app id that is no text
        framed(5, b"hello") + b"\x00" * 7,  # padded with nothing
        framed(5, b"hello") + b"\x21" * 7,  # with more than 32
        framed(5, b"hello") + b"\x06\x07\x07\x07\x07\x07\x07",  # not evenly
        b"\x10" * 16,  # nothing but padding
        b"0" * 14 + b"\x02" * 2,  # too short for a length
    ],
)
def test_a_broken_frame_is_refused(padded: bytes) -> None:
    assert decrypt(encrypted(framed(5, b"hello") + b"\x07" * 7), encoding_aes_key=KEY) == (b"hello", "")
    with pytest.raises(EnvelopeError):
        decrypt(encrypted(padded), encoding_aes_key=KEY)


@given(st.lists(st.text(max_size=20)))
def test_a_signature_does_not_depend_on_the_order(parts: list[str]) -> None:
    assert sign(*parts) == sign(*reversed(parts))
