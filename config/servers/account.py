"""Who the servers run as, and where they run.

PostgreSQL refuses to run as root. So root's servers get a user id of their own, which owns their data and
nothing else. It may not be able to walk to the data (a clone under /root): a server is therefore
started inside its data folder and told to find it at `/proc/self/cwd`, which needs no rights on the folders
above, and none of those is touched.
Programs it cannot walk to are copied.
"""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from config.servers.children import die_with_parent
from config.servers.errors import ServerError

OWN_UID = 61000  # in the range that Linux distributions leave to nobody (systemd's table of user ids)
COPIES = Path("/var/lib/onequeue")  # root's; a copy costs 40 MB, once for all clones on a machine


class Account:
    """The user that one server runs as: ourselves, or for root another."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.uid = _uid_for(data) if os.geteuid() == 0 else None

    @property
    def here(self) -> str:
        """What to tell the server its data folder is."""
        return str(self.data) if self.uid is None else "/proc/self/cwd"

    def start(
        self, command: Sequence[str], *, output: int, stdin: IO[bytes] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start the server in its data folder; it is told to stop should we die first."""
        return subprocess.Popen(
            command,
            cwd=self.data,
            stdin=stdin or subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            umask=0o077,
            preexec_fn=die_with_parent(signal.SIGINT),
            **self._identity(self.uid),
        )

    def set_up(self, command: Sequence[str], *, folder: Path, output: int, stdin: bytes = b"") -> None:
        """Run one step of making a data folder, in `folder`, to its end."""
        try:
            subprocess.run(
                command,
                cwd=folder,
                input=stdin,
                stdout=output,
                stderr=output,
                check=True,
                **self._identity(self.set_up_uid),
            )
        except subprocess.CalledProcessError as error:
            raise ServerError(f"{Path(command[0]).name} failed with exit code {error.returncode}") from error

    @property
    def set_up_uid(self) -> int | None:
        """Who makes a data folder: PostgreSQL's tools want a user with a name, as `nobody` has."""
        return None if self.uid is None else pwd.getpwnam("nobody").pw_uid

    def own(self, folder: Path, uid: int | None) -> None:
        """Give `folder` and all in it to `uid`; None leaves it ours."""
        if uid is not None:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, uid, uid, follow_symlinks=False)

    def reachable(self, site: Path, parts: Sequence[str]) -> Path:
        """`site`, or where a copy of its `parts` is that the server's user may read and run."""
        if self.uid is None or all(_all_may_enter(site / part) for part in parts):
            return site
        copy = COPIES / _fingerprint(site, parts)
        if not copy.exists():
            _copy_readable(site, parts, copy)
        return copy

    @staticmethod
    def _identity(uid: int | None) -> dict[str, Any]:
        return {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}


def _uid_for(data: Path) -> int:
    """The owner of existing data, else ours for the purpose."""
    owner = data.stat().st_uid if data.exists() else 0
    return owner or OWN_UID


def _all_may_enter(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o005 == 0o005 for path in (folder, *folder.parents))


def _fingerprint(site: Path, parts: Sequence[str]) -> str:
    files = sorted(path for part in parts for path in (site / part).rglob("*"))
    names = "".join(f"{path.relative_to(site)} {path.stat().st_size}\n" for path in files)
    return hashlib.sha256(names.encode()).hexdigest()[:12]


def _copy_readable(site: Path, parts: Sequence[str], copy: Path) -> None:
    """Copy so that everybody may read and run, complete or not at all."""
    if not copy.parent.exists():
        copy.parent.mkdir(parents=True)
        copy.parent.chmod(0o755)  # whatever our umask
    with tempfile.TemporaryDirectory(dir=copy.parent) as scratch:
        fresh = Path(scratch) / "copy"
        for part in parts:
            shutil.copytree(site / part, fresh / part, symlinks=True, ignore=shutil.ignore_patterns("include", "doc"))
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:
            if not copy.exists():  # else another process was first
                raise
