"""What the command line says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds` of load for each figure; `rows` conversations and `rounds` rounds in the great database."""

    seconds: float = 5.0
    rows: int = 1_000_000
    rounds: int = 1_000_000
    passes: int = 3
    explain: bool = False
