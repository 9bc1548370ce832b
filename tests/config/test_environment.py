"""Every variable that is read is written down."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_lists_every_variable_of_the_settings() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text()))
    listed = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert read - listed == set()
