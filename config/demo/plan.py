"""What the demo consists of: addresses, the environment of its parts, and the parts as they stop."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.demo.part import Part
from config.servers.folder import is_free

BASE_DIR = Path(__file__).resolve().parents[2]
PLATFORM_HOSTS = ("WECHAT_API_BASE", "WECOM_API_BASE", "DOUYIN_API_BASE", "DOUDIAN_API_BASE")
WORKER = ("-m", "celery", "-q", "-A", "config", "worker", "-P", "threads", "-c", "4", "--prefetch-multiplier", "1")
ALONE = (
    "--without-gossip",
    "--without-mingle",
    "--without-heartbeat",
)  # the workers need not know each other


class PlanError(RuntimeError):
    """The demo cannot be run like this; the text says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where the demo is to be."""

    port: int
    sandbox_port: int
    data_dir: Path
    env: Mapping[str, str]
    verbose: bool

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> "Plan":
        """What the environment asks for; PlanError if a port is taken or no number."""
        return cls(
            port=_free_port(env, "PORT", 8000),
            sandbox_port=_free_port(env, "SANDBOX_PORT", 8001),
            data_dir=Path(env.get("DATA_DIR") or BASE_DIR / "var").resolve(),
            env=env,
            verbose=env.get("VERBOSE", "0") not in ("", "0"),
        )

    @property
    def url(self) -> str:
        """Where agents find the product."""
        return self.env.get("PUBLIC_URL") or f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        """Where the twin of the platforms is."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def logs(self) -> Path:
        """The folder of the parts' logs."""
        return self.data_dir / "logs"

    def part_env(self, database_url: str, redis_url: str) -> dict[str, str]:
        """The environment of every part: our own, with the twin in the place of the platforms."""
        return {
            **dict.fromkeys(PLATFORM_HOSTS, self.sandbox_url),
            **self.env,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "SANDBOX_URL": self.sandbox_url,
            "SANDBOX_DIR": str(self.data_dir / "sandbox"),
            "PYTHONUNBUFFERED": "1",
        }

    def sandbox(self) -> Part:
        """The other side, which is there before and after the product."""
        app = ["-m", "uvicorn", "platforms.sandbox.app:app", "--log-level", "warning", "--no-access-log"]
        return Part("sandbox", [sys.executable, *app, "--port", str(self.sandbox_port)])

    def preparation(self) -> Part:
        """Migrates and seeds, then ends."""
        return Part("prepare", [sys.executable, "-m", "config.demo.prepare"])

    def product(self) -> list[Part]:
        """The processes of production; what lets work in comes first, and stops first."""
        python = sys.executable
        web = ["-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(self.port), "config.asgi:application"]
        beat = ["-m", "celery", "-q", "-A", "config", "beat", "--schedule", str(self.data_dir / "beat-schedule")]
        queues = ("ingest", "deliver")
        workers = [Part(name, [python, *WORKER, *ALONE, "-Q", name, "-n", f"{name}@%h"]) for name in queues]
        return [Part("web", [python, *web]), Part("beat", [python, *beat]), *workers]


def _free_port(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise PlanError(f"{name} is a port number, not {text!r}.")
    if not is_free(int(text)):
        raise PlanError(f"Port {text} is taken. Choose another: {name}={int(text) + 10} make demo")
    return int(text)
