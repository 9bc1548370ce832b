"""WeChat's signature and AES envelope, the same for mini-programs, shops and WeCom.

An encrypted message is base64(AES-256-CBC(random(16) + length(4, network order) + message + app id)), the key
unbase64(EncodingAESKey + "="), the IV its first 16 bytes, the padding PKCS#7 with a block of 32.
Source: https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from platforms.errors import EnvelopeError

RANDOM_BYTES = 16
LENGTH_BYTES = 4
PADDING_BLOCK = 32
KEY_CHARACTERS = 43


def sign(*parts: str) -> str:
    """The lower-case hex SHA-1 of `parts`, sorted by bytes and joined."""
    joined = b"".join(sorted(part.encode("utf-8", "surrogatepass") for part in parts))
    return sha1(joined, usedforsecurity=False).hexdigest()


def signature_is_right(signature: str, *parts: str) -> bool:
    """Whether `signature` is that of `parts`, compared in constant time."""
    given = signature.encode("utf-8", "surrogatepass")
    return hmac.compare_digest(given, sign(*parts).encode())


def encrypt(plain: bytes, *, encoding_aes_key: str, app_id: str, random: bytes) -> str:
    """`plain` as the base64 text that goes into `Encrypt`; `random` is 16 bytes, else ValueError."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"random is {RANDOM_BYTES} bytes, not {len(random)}")
    full = random + len(plain).to_bytes(LENGTH_BYTES, "big") + plain + app_id.encode()
    encryptor = _cipher(encoding_aes_key).encryptor()
    return b64encode(encryptor.update(_padded(full)) + encryptor.finalize()).decode()


def decrypt(encrypted: str, *, encoding_aes_key: str) -> tuple[bytes, str]:
    """The message and the app id it was encrypted for. EnvelopeError for what `encrypt` did not write."""
    full = _unpadded(_deciphered(encrypted, encoding_aes_key))
    start = RANDOM_BYTES + LENGTH_BYTES
    length = int.from_bytes(full[RANDOM_BYTES:start], "big")
    if len(full) < start + length:
        raise EnvelopeError("the encrypted message is shorter than it says")
    try:
        return full[start : start + length], full[start + length :].decode()
    except UnicodeDecodeError as error:
        raise EnvelopeError("the app id of the encrypted message is no text") from error


def aes_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes that the 43 characters of EncodingAESKey stand for. EnvelopeError if they are not such."""
    try:
        key = b64decode(encoding_aes_key + "=", validate=True)
    except ValueError as error:
        raise EnvelopeError("the account's EncodingAESKey is not base64") from error
    if len(encoding_aes_key) != KEY_CHARACTERS or len(key) != 32:
        raise EnvelopeError(f"the account's EncodingAESKey has not {KEY_CHARACTERS} characters")
    return key


def _cipher(encoding_aes_key: str) -> Cipher[CBC]:
    key = aes_key(encoding_aes_key)
    return Cipher(AES(key), CBC(key[:16]))


def _deciphered(encrypted: str, encoding_aes_key: str) -> bytes:
    try:
        body = b64decode(encrypted, validate=True)
    except ValueError as error:
        raise EnvelopeError("the encrypted message is not base64") from error
    if not body or len(body) % 16:
        raise EnvelopeError("the encrypted message is not whole AES blocks")
    decryptor = _cipher(encoding_aes_key).decryptor()
    return decryptor.update(body) + decryptor.finalize()


def _padded(full: bytes) -> bytes:
    count = PADDING_BLOCK - len(full) % PADDING_BLOCK
    return full + bytes([count]) * count


def _unpadded(padded: bytes) -> bytes:
    count = padded[-1]
    if not 1 <= count <= PADDING_BLOCK or padded[-count:] != bytes([count]) * count:
        raise EnvelopeError("the encrypted message is not padded as it must be")
    return padded[:-count]
