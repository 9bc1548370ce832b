"""Which platforms there are: one dict of dotted paths, imported on first use."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from platforms.base import Platform

PLATFORMS: dict[str, str] = {
    "mini_program": "platforms.mini_program.adapter.MiniProgram",
}


@cache
def get_platform(kind: str) -> Platform:
    """The adapter of `kind`; KeyError if there is none."""
    module, _, name = PLATFORMS[kind].rpartition(".")
    platform: Platform = getattr(import_module(module), name)()
    return platform
