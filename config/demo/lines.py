"""Lines of the parts' logs as the terminal shows them: what matters, and short."""

import json
import re

WARNINGS = ("warning", "error", "critical")
PLAIN_WARNING = re.compile(r"\b(warning|error|critical|fatal)\b", re.IGNORECASE)
OUR_QUESTION = "/readyz"  # that it was answered with "not yet" is no news
SHOWN = 300  # characters of one line; all of it is in the log


def matters(line: str) -> bool:
    """Whether it is a warning or worse."""
    if OUR_QUESTION in line:
        return False
    entry = _entry(line)
    return entry.get("level") in WARNINGS if entry else bool(PLAIN_WARNING.search(line))


def shortened(line: str) -> str:
    """A JSON entry as a sentence, with the last line of its traceback; anything else as it is, if not too long."""
    entry = _entry(line)
    if entry:
        exception = str(entry.get("exception", "")).strip().rpartition("\n")[2]
        line = " ".join(filter(None, [f"{entry.get('level')}:", str(entry["event"]), exception and f"({exception})"]))
    return line if len(line) <= SHOWN else f"{line[:SHOWN]} ..."


def _entry(line: str) -> dict[str, object]:
    """The entry if the line is one of our own logs', else nothing."""
    if not line.startswith("{"):
        return {}
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) and "event" in entry else {}
