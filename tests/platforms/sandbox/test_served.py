"""The twin as it runs: a process under uvicorn, with connections that are cut, killed and started again."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.platforms.sandbox.world import APP, OPENID, TOKEN, signed
from tests.support.processes import running, wait_until

SEND = "/cgi-bin/message/custom/send"
TEXT = {"touser": OPENID, "msgtype": "text", "text": {"content": "hello"}}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


@contextmanager
def served(folder: Path, port: int) -> Iterator[httpx.Client]:
    """A twin in a process of its own, killed at the end."""
    command = [sys.executable, "-m", "uvicorn", "platforms.sandbox.app:app", "--port", str(port)]
    env = {"SANDBOX_DIR": str(folder), "SANDBOX_PUSH_TIMEOUT": "0.3", "SANDBOX_PUSH_SPACING": "0.01"}
    with running(command, log=folder / f"{port}.log", env=env) as process:
        process.wait_for_line("Uvicorn running")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5, trust_env=False) as client:
            yield client


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    """A served twin with an app, to which a customer wrote."""
    with served(tmp_path, free_port()) as found:
        control(found, "", app_id=APP, app_secret="s" * 32, token=TOKEN)
        control(found, f"/{APP}/customers/{OPENID}/act", action="text", text="在吗")
        yield found


def control(client: httpx.Client, where: str, **data: Any) -> Any:
    response = client.post(f"/sandbox/api/apps{where}", json=data)
    assert response.is_success, response.text
    return response.json()


def send(client: httpx.Client, **options: Any) -> httpx.Response:
    asked = {"grant_type": "client_credential", "appid": APP, "secret": "s" * 32}
    token = client.post("/cgi-bin/stable_token", json=asked).json()["access_token"]
    return client.post(SEND, params={"access_token": token}, json=TEXT, **options)


def states(client: httpx.Client) -> list[str]:
    found = client.get(f"/sandbox/api/apps/{APP}/messages?author=agent").json()["messages"]
    return [each["state"] for each in found]


@pytest.mark.parametrize(("kind", "state"), [("timeout_before", "refused"), ("timeout_after", "taken")])
def test_a_caller_waits_in_vain(client: httpx.Client, kind: str, state: str) -> None:
    control(client, f"/{APP}/faults", kind=kind, times=1, seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        send(client, timeout=0.3)
    assert states(client) == [state]
    assert send(client).json()["errcode"] == 0


@pytest.mark.parametrize(("kind", "seconds"), [("timeout_after", 0.05), ("truncated", 0)])
def test_a_connection_is_closed_early(client: httpx.Client, kind: str, seconds: float) -> None:
    control(client, f"/{APP}/faults", kind=kind, times=1, seconds=seconds)
    with pytest.raises(httpx.RemoteProtocolError):
        send(client)
    assert states(client) == ["taken"]


def test_a_count_survives_a_kill(tmp_path: Path) -> None:
    with served(tmp_path, free_port()) as first:
        control(first, "", app_id=APP, app_secret="s" * 32)
        control(first, f"/{APP}/customers/{OPENID}/act", action="text", text="在吗")
        assert [send(first).json()["errcode"] for _ in range(4)] == [0] * 4
    with served(tmp_path, free_port()) as second:
        assert [send(second).json()["errcode"] for _ in range(2)] == [0, 45047]


class Receiver(BaseHTTPRequestHandler):
    """Answers the first two pushes too late, and the third."""

    came: list[str] = []
    enough = threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.came.append(self.path)
        if len(self.came) < 3:
            self.enough.wait(2)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"success")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def test_a_hook_that_is_too_slow_is_tried_again(client: httpx.Client) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    control(client, "", app_id=APP, hook_url=f"http://127.0.0.1:{server.server_port}/hooks/x/?own=1")
    control(client, f"/{APP}/customers/{OPENID}/act", action="text", text="在吗")

    def acked() -> list[dict[str, Any]]:
        found = client.get(f"/sandbox/api/apps/{APP}/messages?author=customer&state=acked").json()
        return list(found["messages"])

    (message,) = wait_until(acked, within=5, what="the push to be acknowledged")
    Receiver.enough.set()
    server.shutdown()
    server.server_close()
    assert message["tries"] == 3
    query = httpx.URL(Receiver.came[-1]).params
    assert query["signature"] == signed(TOKEN, query["timestamp"], query["nonce"])
    assert query["own"] == "1"
