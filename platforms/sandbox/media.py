"""Temporary media: what customers and the product uploaded, kept for three days by the platform's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from platforms.sandbox.apps import random_word
from platforms.sandbox.clock import HOUR
from platforms.sandbox.store import Store
from platforms.sandbox.web import MIB

LASTS_MS = 72 * HOUR  # "媒体文件在微信后台保存时间为3天"
SAMPLE = Path(__file__).with_name("sample.png")
LIMIT_BYTES = 10 * MIB  # the official page names no limit that was found; a guess

STARTS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def image_type(body: bytes) -> str:
    """The type by the file's own beginning, "" if it is no picture the platform takes."""
    return next((mime for start, mime in STARTS if body.startswith(start)), "")


@dataclass(frozen=True, slots=True)
class File:
    """A stored picture."""

    mime: str
    body: bytes = field(repr=False)


class Media:
    """Pictures by their media id."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, app_id: str, body: bytes, mime: str, at_ms: int) -> str:
        """Keep a picture; its media id. What is over its time goes."""
        media_id = random_word(64)
        sql = "DELETE FROM media WHERE app_id = ? AND created_ms < ?"
        with self._store.transaction():
            self._store.run(sql, app_id, at_ms - LASTS_MS)
            self._store.run("INSERT INTO media VALUES (?, ?, ?, ?, ?)", media_id, app_id, mime, body, at_ms)
        return media_id

    def keep_sample(self, app_id: str, at_ms: int) -> str:
        """Keep the picture of a card that brings none of its own; its media id, one an app."""
        media_id, body = f"sample_{app_id}", SAMPLE.read_bytes()
        sql = "INSERT OR REPLACE INTO media VALUES (?, ?, ?, ?, ?)"
        self._store.run(sql, media_id, app_id, image_type(body), body, at_ms)
        return media_id

    def find(self, app_id: str, media_id: str, at_ms: int) -> File | None:
        """The picture, if it is of this app and still kept."""
        sql = "SELECT mime, body FROM media WHERE media_id = ? AND app_id = ? AND created_ms > ?"
        row = self._store.row(sql, media_id, app_id, at_ms - LASTS_MS)
        return File(row["mime"], row["body"]) if row else None

    def exists(self, app_id: str, at_ms: int, media_id: str) -> bool:
        """Whether a message may name it."""
        sql = "SELECT 1 FROM media WHERE media_id = ? AND app_id = ? AND created_ms > ?"
        return self._store.row(sql, media_id, app_id, at_ms - LASTS_MS) is not None

    def anyone(self, media_id: str) -> File | None:
        """The picture for who has its address (PicUrl, a phone)."""
        row = self._store.row("SELECT mime, body FROM media WHERE media_id = ?", media_id)
        return File(row["mime"], row["body"]) if row else None
