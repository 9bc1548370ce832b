"""Secrets are made once and are nobody else's."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from config.servers.keys import secret


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    assert secret(tmp_path, "name", lambda: "first") == "first"
    assert secret(tmp_path, "name", lambda: "second") == "first"


def test_all_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    numbers = count()
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: secret(tmp_path, "name", lambda: str(next(numbers))), range(200)))
    assert len(set(got)) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["name"]


def test_a_secret_is_private(tmp_path: Path) -> None:
    secret(tmp_path / "new", "name", lambda: "text")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new/keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new/keys/name").stat().st_mode & 0o777 == 0o600
