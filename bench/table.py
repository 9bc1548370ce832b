"""What was found, beside its floor and its aim."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `ratio` is ours to the floor's; `met` is None where there is no aim."""

    what: str
    ours: str
    floor: str = ""
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None

    def cells(self) -> list[str]:
        """As they are printed."""
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}×"
        return [self.what, self.ours, self.floor, ratio, self.aim, verdict]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


HEADS = ["what", "measured", "floor in the same run", "ratio", "aim", ""]


def at_least(what: str, ours: float, floor: float, aim: float, *, unit: str = "/s", note: str = "") -> Line:
    """More is better: ours against the floor."""
    ratio = ours / floor if floor else 0.0
    said = f"{ours:,.0f}{unit}{note}"
    return Line(what, said, f"{floor:,.0f}{unit}", ratio, f"≥ {aim:g}×", ratio >= aim)


def at_most(what: str, ours: float, floor: float, aim: float, *, unit: str = " ms", note: str = "") -> Line:
    """Less is better: ours against the floor."""
    ratio = ours / floor if floor else 0.0
    return Line(what, f"{ours:,.1f}{unit}{note}", f"{floor:,.1f}{unit}", ratio, f"≤ {aim:g}×", ratio <= aim)


def within(what: str, ours: float, aim: float, *, unit: str = " ms", note: str = "") -> Line:
    """Less is better: ours against a bound of its own."""
    return Line(what, f"{ours:,.1f}{unit}{note}", aim=f"≤ {aim:g}{unit}", met=ours <= aim)


def fact(what: str, said: str) -> Line:
    """Something worth knowing without an aim."""
    return Line(what, said)


def table(lines: list[Line]) -> str:
    """Markdown, and readable as it is."""
    rows = [HEADS, *(line.cells() for line in lines)]
    widths = [max(len(cell or "") for cell in column) for column in zip_longest(*rows)]
    texts = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(texts)
