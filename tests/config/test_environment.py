"""Every variable that is read is written down, with its default; what cannot work does not start."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (ROOT / "config" / "settings.py").read_text()
EXAMPLE = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
LITERAL = (ast.Constant, ast.BinOp, ast.operator)


def written_defaults() -> dict[str, Any]:
    """What settings.py takes without the variable, where it is written there as it is."""
    calls = [node for node in ast.walk(ast.parse(SETTINGS)) if isinstance(node, ast.Call)]
    found = {}
    for call in calls:
        words = [*call.args, *(each.value for each in call.keywords)]
        if not ast.unparse(call.func).startswith("env.") or len(words) < 2:
            continue
        name, default = words[:2]
        if isinstance(name, ast.Constant) and all(isinstance(each, LITERAL) for each in ast.walk(default)):
            found[str(name.value)] = eval(ast.unparse(default))  # noqa: S307 - sums of our own
    return found


def is_same(text: str, default: Any) -> bool:
    """What the example says and what the settings take are one."""
    if isinstance(default, str | bool):
        return text.lower() == str(default).lower()
    return text != "" and float(text) == default


def test_the_example_lists_every_variable_of_the_settings() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
    assert read - EXAMPLE.keys() == set()


def test_the_example_says_the_defaults_of_the_settings() -> None:
    defaults = written_defaults()
    assert len(defaults) > 40
    different = {name: EXAMPLE[name] for name, default in defaults.items() if not is_same(EXAMPLE[name], default)}
    assert different == {}


@pytest.mark.parametrize(
    ("deadline", "lease", "starts"), [("20", "30", True), ("30", "30", False), ("31", "30", False)]
)
def test_a_send_must_end_before_its_lease(tmp_path: Path, deadline: str, lease: str, starts: bool) -> None:
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "SEND_DEADLINE_SECONDS": deadline,
        "SEND_LEASE_SECONDS": lease,
    }
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is starts, done.stderr
    if not starts:
        said = f"SEND_DEADLINE_SECONDS ({deadline}) must be less than SEND_LEASE_SECONDS ({lease})"
        assert said in done.stderr
