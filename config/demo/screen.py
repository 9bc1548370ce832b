"""What the demo says on the terminal."""

import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from config.demo.lines import shortened

COLOURS = ("36", "33", "35", "32", "34", "31")


class Screen:
    """Lines with the name of the part that said them, and a box at the end of the start."""

    def __init__(self) -> None:
        self.coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._colours: dict[str, str] = {}

    def say(self, line: str) -> None:
        """A line of the demo's own."""
        print(line, flush=True)

    def show(self, name: str, line: str) -> None:
        """A line that part `name` said."""
        prefix = f"{name:<8}|"
        if self.coloured:
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            prefix = f"\033[{colour}m{prefix}\033[0m"
        print(prefix, shortened(line), flush=True)

    def box(self, lines: Iterable[str]) -> None:
        """The lines in a frame."""
        lines = list(lines)
        inside = max(map(width, lines))
        print(f"┌{'─' * (inside + 2)}┐")
        for line in lines:
            print(f"│ {line}{' ' * (inside - width(line))} │")
        print(f"└{'─' * (inside + 2)}┘", flush=True)


def width(text: str) -> int:
    """How many cells a terminal gives `text`: Chinese takes two each."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def logins(seeded: object) -> list[Mapping[str, object]]:
    """The logins in what `seed_demo` said: `{"logins": [{"username", "password", "role"}, …]}`."""
    found = seeded.get("logins") if isinstance(seeded, dict) else seeded
    return [login for login in found if isinstance(login, dict)] if isinstance(found, list) else []


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows with their columns under each other."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell + " " * (widths[n] - width(cell)) for n, cell in enumerate(row)).rstrip() for row in rows]
