"""The administrator's password goes to Grafana and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from operate.grafana_api import Grafana, GrafanaError
from operate.running_stack import RunningStack
from operate.verification import check

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Run a proxy that this shell is told to use; return what it is asked for."""
    seen: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.requestline}\n{self.headers}")
            self.send_error(502)

        do_POST = do_PUT = do_DELETE = do_CONNECT = do_GET  # noqa: N815 - same

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        monkeypatch.delenv("no_proxy", raising=False)
        # urllib remembers the proxies of its first call.
        monkeypatch.setattr("urllib.request._opener", None)
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield seen
        server.shutdown()


@pytest.mark.parametrize("body", [None, {"a": 1}])
def test_the_password_is_given_to_no_proxy(asked: list[str], body: object) -> None:
    with pytest.raises(GrafanaError, match="does not answer"):
        Grafana(NOWHERE, "secret").ask("/api/user", body)
    assert asked == []


def test_a_verification_asks_no_proxy(asked: list[str]) -> None:
    check(RunningStack(NOWHERE, NOWHERE, "secret", "monitoring-dev", "unix:///nowhere.sock"), 0)
    assert asked == []
