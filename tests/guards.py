"""Proof that each guard against a race is needed: take it out of a copy, and its test must fail.

`python -m tests.guards [word]` (or `make guards`) copies the tree, takes one guard out at a time and runs the tests
named beside it; it ends with 1 if any test still passes without its guard.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ACCEPT = "tests/concurrency/test_accept.py"
REPLY = "tests/concurrency/test_receive_and_reply.py"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".mypy_cache", ".ruff_cache", "node_modules")


@dataclass(frozen=True, slots=True)
class Guard:
    """`text` in `path` is the guard, `without` what stands there when it is taken out."""

    name: str
    path: str
    text: str
    without: str
    tests: str


GUARDS = [
    Guard(
        "the condition in the accepting UPDATE",
        "routing/services/accept.py",
        "pk=conversation_id, status=Conversation.Status.QUEUED)",
        "pk=conversation_id)",
        f"{ACCEPT} -k fifty",
    ),
    Guard(
        "the lock under which capacity is counted",
        "routing/services/accept.py",
        'Agent.objects.select_for_update(of=("self",), no_key=True).filter(',
        "Agent.objects.filter(",
        f"{ACCEPT} -k capacity",
    ),
    Guard(
        "SKIP LOCKED in accept-next",
        "routing/services/accept.py",
        'select_for_update(of=("self",), skip_locked=True, no_key=True)',
        "all()",
        f"{ACCEPT} -k own",
    ),
    Guard(
        "the event key",
        "inbox/services/receive.py",
        "return bool(cursor.rowcount)",
        "return True",
        f"{REPLY} -k twenty_times",
    ),
    Guard(
        "the customer's lock in receive",
        "inbox/services/locks.py",
        'rows = Customer.objects.select_for_update(of=("self",), no_key=True)',
        "rows = Customer.objects.all()",
        f"{ACCEPT} -k known_customer",
    ),
    Guard(
        "the customer's lock in reply, settle and close",
        "inbox/services/locks.py",
        'return Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer)',
        "return Customer.objects.get(pk=customer)",
        f"{REPLY} -k share_one_quota",
    ),
    Guard(
        "locking the conversation's row",
        "inbox/services/locks.py",
        'rows = Conversation.objects.select_for_update(of=("self",), no_key=True)',
        "rows = Conversation.objects.all()",
        f"{ACCEPT} -k while_somebody",
    ),
    Guard(
        "the customer's lock in claim",
        "inbox/services/deliver.py",
        'Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer_id)',
        "Customer.objects.get(pk=customer_id)",
        f"{REPLY} -k one_line",
    ),
    Guard(
        "taking turns to count an account's sends",
        "inbox/services/deliver.py",
        'cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_SENDS, account.pk])',
        'cursor.execute("SELECT 1")',
        f"{REPLY} -k four_sends",
    ),
]


def main(words: list[str]) -> int:
    """Try each guard whose name holds all `words`; 1 if one of them can be taken out unnoticed."""
    unneeded = [guard.name for guard in GUARDS if all(word in guard.name for word in words) and not _is_needed(guard)]
    for name in unneeded:
        sys.stdout.write(f"nothing fails without: {name}\n")
    return bool(unneeded)


def _is_needed(guard: Guard) -> bool:
    with tempfile.TemporaryDirectory(prefix="onequeue-guards-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        source = copy / guard.path
        text = source.read_text()
        if guard.text not in text:
            raise SystemExit(f"{guard.path} has no longer what {guard.name} was: {guard.text}")
        source.write_text(text.replace(guard.text, guard.without))
        command = f"{sys.executable} -m pytest -q -x -p no:cacheprovider {guard.tests}"
        done = subprocess.run(command, shell=True, cwd=copy, capture_output=True, text=True, check=False)  # noqa: S602
    failed = done.returncode == 1
    sys.stdout.write(f"{'needed  ' if failed else 'UNNEEDED'} {guard.name}\n")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
