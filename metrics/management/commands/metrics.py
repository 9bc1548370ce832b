"""`manage.py metrics verify | rebuild`: prove that the figures are true, or add them up anew."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from metrics import services

EVERY_S = 2.0  # between two lines of progress


class Command(BaseCommand):
    """Entry point."""

    help = "Prove that rounds are what messages tell and rollups what rounds add up to, or add up anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Two verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="print every difference; exit 1 if there is one")
        verify.add_argument("--json", action="store_true", help="one JSON object a line, the last the summary")
        verify.add_argument("--batch", type=int, default=500, help="conversations looked at together")
        verbs.add_parser("rebuild", help="add up all rounds anew")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what the verb says; exit 1 on any difference."""
        if options["verb"] == "rebuild":
            self._rebuild()
        elif self._verify(as_json=options["json"], batch=options["batch"]):
            sys.exit(1)

    def _verify(self, *, as_json: bool, batch: int) -> int:
        report, progress = services.Report(), _Progress(self)
        for found in services.verify(report, batch=batch, progress=lambda: progress.tell(_line(report))):
            self.stdout.write(json.dumps(found.as_json()) if as_json else str(found))
        self.stdout.write(json.dumps(asdict(report)) if as_json else _line(report))
        return report.differences

    def _rebuild(self) -> None:
        progress, days = _Progress(self), 0
        for account, day in services.rebuild():
            days += 1
            progress.tell(f"account {account}, {day:%Y-%m-%d}")
        self.stdout.write(f"{days} days added up")


class _Progress:
    """Lines on stderr, now and then."""

    def __init__(self, command: BaseCommand) -> None:
        self.command, self.told_at = command, time.monotonic()

    def tell(self, line: str) -> None:
        """Write it if the last one was a while ago."""
        if time.monotonic() - self.told_at >= EVERY_S:
            self.told_at = time.monotonic()
            self.command.stderr.write(line)


def _line(report: services.Report) -> str:
    line = f"{report.conversations} conversations, {report.rounds} rounds, {report.rollups} rollups"
    waiting = f" ({report.waiting} hours yet to be added up)" if report.waiting else ""
    return f"{line}{waiting}: {report.differences} differences"
