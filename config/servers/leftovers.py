"""A server that outlived its keeper: it is found by the pid file in its data folder, and stopped."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from config.servers.locks import POLL_SECONDS


def stop_leftover(data: Path, pid_file: str, stop_signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Stop the server that runs in `data`, if one does, and remove the pid file."""
    try:
        pid = int((data / pid_file).read_text().split("\n")[0])
    except (FileNotFoundError, ValueError):
        return
    if works_in(pid, data):
        stop(lambda signal_number: os.kill(pid, signal_number), stop_signals, lambda: not works_in(pid, data))
    (data / pid_file).unlink(missing_ok=True)


def stop(
    send: Callable[[signal.Signals], None],
    stop_signals: Sequence[tuple[signal.Signals, float]],
    is_gone: Callable[[], bool],
) -> bool:
    """Ask a process to end, from polite to rude; whether it did."""
    for signal_number, seconds in stop_signals:
        try:
            send(signal_number)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if is_gone():
                return True
            time.sleep(POLL_SECONDS)
    return is_gone()


def works_in(pid: int, data: Path) -> bool:
    """Whether process `pid` lives and works in `data`: a pid alone may be somebody else's by now."""
    link = Path(f"/proc/{pid}/cwd")
    if Path("/proc/self/cwd").exists():
        try:
            return os.path.samefile(link, data)
        except (FileNotFoundError, PermissionError):
            return False
    lsof = shutil.which("lsof") or "/usr/sbin/lsof"
    found = subprocess.run(
        [lsof, "-a", "-p", str(pid), "-d", "cwd", "-Fn"], capture_output=True, text=True, check=False
    )
    return f"n{data.resolve()}" in found.stdout.splitlines()
