"""Bytes in and out: JSON and uploads read with limits, JSON answered whatever a client says it accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser

from inbox.api.errors import TooLarge
from inbox.errors import ContentRefused

JSON_LIMIT_BYTES = 256 * 1024
FORM_ROOM_BYTES = 64 * 1024  # beside the file itself


class StrictJSONParser(JSONParser):
    """UTF-8 as RFC 8259 has it, of a size and depth that people need; ParseError or TooLarge otherwise."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value."""
        body = stream.read(JSON_LIMIT_BYTES + 1)
        if len(body) > JSON_LIMIT_BYTES:
            raise TooLarge
        try:
            return json.loads(body.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("This is not JSON.")) from error


class UploadParser(MultiPartParser):
    """A form with a file, no larger than files may be."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles[Any, Any]:
        """The fields and files. ContentRefused before anything is read."""
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MEDIA_LIMIT_BYTES + FORM_ROOM_BYTES:
            raise ContentRefused(where="file", why="too_large", limit_bytes=settings.MEDIA_LIMIT_BYTES)
        return super().parse(stream, media_type, parser_context)


class AlwaysJSON(BaseContentNegotiation):
    """There is one representation: nobody is refused for what they say they accept."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """The parser for the body's type; None if there is none."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        """The first."""
        return renderers[0], renderers[0].media_type


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
