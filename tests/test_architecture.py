"""The few figures and rules that keep a house tidy (the layers are import-linter's)."""

from __future__ import annotations

import ast
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guards import GUARDS

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "platforms", "inbox", "routing", "metrics")
ENTRY_POINTS = {
    "gateway.py", "journal.py", "consumers.py", "tasks.py", "pulse.py", "upkeep.py", "health.py", "admission.py",
    "realtime.py", "middleware.py", "admin.py",
}  # fmt: skip
NO_NAMES = {"utils.py", "helpers.py", "manager.py", "data.py", "routing.py"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> Iterator[Path]:
    """Our own modules, as git knows them."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        path = ROOT / name
        if name.split("/")[0] in folders and "/migrations/" not in name and path.exists():
            yield path


def functions(path: Path) -> list[Function]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def called(node: ast.AST) -> set[str]:
    return {ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}


def test_no_file_is_longer_than_300_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in sources(*APPS) if (n := len(path.read_text().splitlines())) > 300
    }
    assert long == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = [f"{path.relative_to(ROOT)}:{f.name}" for path in sources(*APPS) for f in functions(path) if lines(f) > 60]
    assert long == []


def test_functions_are_short_as_a_rule() -> None:
    counted = sorted(lines(function) for path in sources(*APPS) for function in functions(path))
    assert statistics.median(counted) <= 10
    assert counted[int(len(counted) * 0.95)] <= 40


def test_tasks_are_no_longer_than_ten_lines() -> None:
    tasks = [ROOT / "inbox/tasks.py", ROOT / "routing/tasks.py", ROOT / "metrics/tasks.py"]
    assert [f.name for path in tasks for f in functions(path) if f.decorator_list and lines(f) > 10] == []


@pytest.mark.parametrize("name", sorted(NO_NAMES))
def test_no_module_has_a_name_that_says_nothing(name: str) -> None:
    assert [path for path in sources(*APPS) if path.name == name] == []


def test_what_time_it_is_is_asked_in_entry_points_only() -> None:
    asking = {
        str(path.relative_to(ROOT))
        for path in sources("inbox", "routing", "metrics")
        if "timezone.now" in called(ast.parse(path.read_text()))
    }
    allowed = {name for name in asking if Path(name).name in ENTRY_POINTS or _is_entry_folder(name)}
    assert asking - allowed == set()


def _is_entry_folder(name: str) -> bool:
    return any(part in name for part in ("/views", "/api", "/management/commands/", "templatetags"))


def test_platforms_have_no_clock() -> None:
    forbidden = {"datetime.now", "datetime.utcnow", "time.time", "timezone.now"}
    spoken = [path for path in sources("platforms") if "sandbox" not in path.parts]
    assert [path for path in spoken if called(ast.parse(path.read_text())) & forbidden] == []


def test_models_have_no_signals() -> None:
    named = [
        path for path in sources(*APPS) if "post_save" in path.read_text() or "pre_save.connect" in path.read_text()
    ]
    assert named == []


def test_every_guard_that_can_be_taken_out_is_there() -> None:
    assert [guard.name for guard in GUARDS if guard.text not in (ROOT / guard.path).read_text()] == []
