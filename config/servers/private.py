"""Folders and files that only their owner can look into."""

import os
from pathlib import Path


def make_private(*folders: Path) -> None:
    """Make each of the folders that is not there, the outer ones first."""
    for folder in folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Replace what is in `path`; whoever reads it sees the old or the new, never a part."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
