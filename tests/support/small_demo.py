"""The demo's runner with parts that start in no time: `python -m tests.support.small_demo`."""

import asyncio
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from config.demo.part import Part
from config.demo.plan import Plan
from config.demo.run import run

LOGINS = [{"username": f"李雷{n}", "password": "pass", "role": "agent"} for n in range(20)]
SEEDED = json.dumps({"seeded": {"logins": LOGINS}})
SLEEP = "import signal; print('warning: here'); print('quiet', flush=True); signal.pause()"
TOUGH = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up')\nwhile True: signal.pause()"


class SmallPlan(Plan):
    """The same places, with small servers."""

    def sandbox(self) -> Part:
        return self._server("sandbox", self.sandbox_port)

    def preparation(self) -> Part:
        return Part("prepare", [sys.executable, "-c", f"print('{{\"migrated\": true}}'); print({SEEDED!r})"])

    def product(self) -> list[Part]:
        ingest = Part("ingest", [sys.executable, "-c", TOUGH if self.env.get("TOUGH") else SLEEP])
        return [self._server("web", self.port), ingest]

    @staticmethod
    def _server(name: str, port: int) -> Part:
        return Part(name, [sys.executable, "-m", "tests.support.small_demo", "serve", str(port)])


class Answer(BaseHTTPRequestHandler):
    """200 to everything."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> int:
    if sys.argv[1:2] == ["serve"]:
        HTTPServer(("127.0.0.1", int(sys.argv[2])), Answer).serve_forever()
    return asyncio.run(run(SmallPlan.from_environment()))


if __name__ == "__main__":
    sys.exit(main())
