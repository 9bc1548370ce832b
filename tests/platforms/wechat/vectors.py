"""The vectors of vectors/wechat.json by name: V1 … V9, from official pages and public SDKs."""

from __future__ import annotations

import json
from pathlib import Path

PATH = Path(__file__).parents[1] / "vectors" / "wechat.json"
VECTORS: dict[str, dict[str, str]] = {each["name"].split()[0]: each for each in json.loads(PATH.read_text())}
