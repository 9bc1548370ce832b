"""小程序客服, the customer service of WeChat mini-programs. Facts, limits and quirks: NOTES.md."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from platforms.base import (
    Access,
    Answer,
    Feature,
    Field,
    Hook,
    Identity,
    Platform,
    Problem,
    Receipt,
    SendContext,
)
from platforms.content import Content, Image, MediaFile, MediaRef, Text
from platforms.errors import (
    ContentRefused,
    EnvelopeError,
    MediaError,
    MediaUnavailable,
    Refused,
)
from platforms.events import Event
from platforms.http import Reply, download, host_allowed
from platforms.mini_program import client, wire
from platforms.wechat.crypto import aes_key
from platforms.wechat.errcodes import INVALID_MEDIA_ID, TYPING_NOT_NOW
from platforms.wechat.push import PUSH_FORMATS, PUSH_MODES, PushKeys, handshake, open_push

# [INFER] The pages give no formats and no size; the platform has the last word (40005, 40006, 40009).
IMAGE_TYPES = MappingProxyType({"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/bmp": "bmp"})
IMAGE_LIMIT_BYTES = 10 * 1024 * 1024


class MiniProgram(Platform):
    """Text and images both ways, cards in, typing out; each push carries its whole message."""

    kind = "mini_program"
    features = frozenset({Feature.TEXT, Feature.IMAGE, Feature.TYPING})
    secrets = (
        Field("app_id"),
        Field("app_secret"),
        Field("token"),
        Field("encoding_aes_key", required=False),  # unless push_mode is plain: see `problems`
        Field("original_id", required=False),
    )
    settings = (
        Field("push_mode", choices=PUSH_MODES, default="secure"),
        Field("push_format", choices=PUSH_FORMATS, default="json"),
        Field("retry_busy", choices=("on", "off"), default="on"),
        Field("image_limit_bytes", default=str(IMAGE_LIMIT_BYTES)),
    )
    default_api_base = "https://api.weixin.qq.com"
    api_base_variable = "WECHAT_API_BASE"
    media_hosts = frozenset({"mmbiz.qpic.cn"})  # [INFER] see NOTES.md

    def identity(self, secrets: Mapping[str, str]) -> Identity:
        """The app id, and the original id (gh_…) that pushes name in ToUserName."""
        return Identity(app=secrets.get("app_id", ""), address=secrets.get("original_id", ""))

    def problems(self, secrets: Mapping[str, str], settings: Mapping[str, str]) -> list[Problem]:
        """As everywhere, and the key that an encrypted push needs."""
        wrong = super().problems(secrets, settings) + _key_problems(
            secrets.get("encoding_aes_key", ""), self.setting(settings, "push_mode")
        )
        if not self.setting(settings, "image_limit_bytes").isdecimal():
            wrong.append(Problem("image_limit_bytes", "format", "it is a number of bytes"))
        return wrong

    def challenge(self, hook: Hook, access: Access) -> Answer | None:
        """`echostr` as it came."""
        return handshake(hook, token=access.secrets.get("token", ""))

    def open(self, hook: Hook, access: Access) -> bytes:
        """The plain body, by the account's push_mode."""
        return open_push(hook, self._push_keys(access))

    def acknowledge(self, hook: Hook) -> Answer:
        """`success`, which is never encrypted."""
        return Answer(b"success")

    def parse(self, hook: Hook) -> list[Event]:
        """One event a push."""
        return wire.events_in(hook.opened)

    def check(self, content: Content, *, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """No empty text, no broken characters, images of a known type and size. No text limit is known."""
        super().check(content, settings=settings)
        if isinstance(content, Text):
            _check_text(content.text)
        if isinstance(content, Image):
            _check_image(content.file, int(self.setting(settings, "image_limit_bytes")))

    def send(self, content: Content, *, context: SendContext) -> Receipt:
        """Text at once, an image after its upload. Only custom/send itself can leave a fate unknown."""
        self.check(content, settings=context.access.settings)
        if isinstance(content, Image) and content.file is not None:
            _send_image(content, content.file, context)
        else:
            client.send(context.access, wire.outgoing(content, to=context.to))
        return Receipt()

    def typing(self, to: str, *, on: bool, access: Access) -> None:
        """Quiet where the platform finds it too early or repeated (45080, 45081)."""
        try:
            client.show_typing(access, to=to, on=on)
        except Refused as error:
            if error.platform_code not in map(str, TYPING_NOT_NOW):
                raise

    def download(self, media: MediaRef, *, limit_bytes: int, access: Access) -> MediaFile:
        """By media id, and by PicUrl where there is none or the id is of no use any more."""
        if not media.id:
            return self._by_url(media, limit_bytes, access)
        try:
            return _picture(client.get_media(access, media.id, limit_bytes=limit_bytes), media)
        except MediaUnavailable:
            if not media.url:
                raise
        return self._by_url(media, limit_bytes, access)

    def _by_url(self, media: MediaRef, limit_bytes: int, access: Access) -> MediaFile:
        if not host_allowed(media.url, hosts=self.media_hosts, api_base=access.api_base):
            raise MediaUnavailable("the file is not on a host of the platform")
        return _picture(download(access.http, media.url, limit_bytes=limit_bytes), media)

    def _push_keys(self, access: Access) -> PushKeys:
        return PushKeys(
            token=access.secrets.get("token", ""),
            encoding_aes_key=access.secrets.get("encoding_aes_key", ""),
            app_id=access.secrets.get("app_id", ""),
            mode=self.setting(access.settings, "push_mode"),
        )


def _send_image(content: Content, file: MediaFile, context: SendContext) -> None:
    media_id = client.upload_image(context.access, file)
    try:
        client.send(context.access, wire.outgoing(content, to=context.to, media_id=media_id))
    except ContentRefused as error:
        if error.platform_code != str(INVALID_MEDIA_ID):
            raise
        media_id = client.upload_image(context.access, file)
        client.send(context.access, wire.outgoing(content, to=context.to, media_id=media_id))


def _picture(reply: Reply, media: MediaRef) -> MediaFile:
    """The reply as a file; anything but a picture in its place may be a passing fault."""
    if not reply.media_type.startswith("image/") and reply.media_type != "application/octet-stream":
        raise MediaError(f"not a picture but {reply.media_type or 'nothing named'}")
    ending = IMAGE_TYPES.get(reply.media_type, "bin")
    return MediaFile(name=media.name or f"image.{ending}", mime=reply.media_type, body=reply.body)


def _check_text(text: str) -> None:
    if not wire.speakable(text).strip():
        raise ContentRefused("the text is empty", platform_code="empty")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ContentRefused("the text has half a character", platform_code="characters")


def _check_image(file: MediaFile | None, limit_bytes: int) -> None:
    if file is None or not file.body:
        raise ContentRefused("the image is empty", platform_code="empty")
    if file.mime not in IMAGE_TYPES:
        raise ContentRefused(f"images are {', '.join(IMAGE_TYPES.values())}", platform_code="image_type")
    if len(file.body) > limit_bytes:
        raise ContentRefused(f"images have at most {limit_bytes} bytes", platform_code="image_size")


def _key_problems(key: str, mode: str) -> list[Problem]:
    if not key:
        return [] if mode == "plain" else [Problem("encoding_aes_key", "required", f"push_mode is {mode}")]
    try:
        aes_key(key)
    except EnvelopeError:
        return [Problem("encoding_aes_key", "format", "it has 43 characters A-Z a-z 0-9 + /")]
    return []
