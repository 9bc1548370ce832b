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
CRASH = "tests/crash"
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
    Guard(
        "acknowledging after the commit",
        "inbox/gateway.py",
        "if not await _in_time(journal.append(Entry(connected.id, opened, held=connected.is_paused)), left):",
        "if not asyncio.ensure_future(journal.append(Entry(connected.id, opened, held=connected.is_paused))):",
        f"{CRASH} -k web_killed",
    ),
    Guard(
        "the gateway's patience with the database",
        "config/settings.py",
        '"GATEWAY_WAITS_SECONDS", 4)',
        '"GATEWAY_WAITS_SECONDS", 40)',
        f"{CRASH} -k postgres_hung",
    ),
    Guard(
        "a lost worker's reply is not sent again",
        "inbox/services/settle.py",
        '_unknown(message, "the worker was lost", now=now)',
        "_again(message, None, now=now)",
        f"{CRASH} -k worker_killed",
    ),
    Guard(
        "the order of a line",
        "inbox/services/deliver.py",
        'state=Message.State.QUEUED).order_by("position")\n    return line.select_related',
        'state=Message.State.QUEUED).order_by("-position")\n    return line.select_related',
        f"{CRASH} -k worker_killed",
    ),
    Guard(
        "the sweep of replies",
        "inbox/tasks.py",
        "_enqueue_each(jobs.DELIVER, delivery.left_behind(now=timezone.now()))",
        "delivery.left_behind(now=timezone.now())",
        f"{CRASH} -k worker_killed",
    ),
    Guard(
        "the sweep of the journal",
        "inbox/tasks.py",
        "    if left:\n",
        "    if not left:\n",
        f"{CRASH} -k valkey_killed",
    ),
    Guard(
        "jobs put on the bus off the request",
        "inbox/jobs.py",
        "_line.put(Job(name, args, request_id))",
        "current_app.send_task(name, args=args, queue=QUEUES[name], headers={REQUEST_ID: request_id})",
        f"{CRASH} -k valkey_hung",
    ),
    Guard(
        "the platform's answer outlives a restart of the database",
        "inbox/tasks.py",
        "if time.monotonic() > ends_at:",
        "if ends_at:",
        f"{CRASH} -k postgres_killed",
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
