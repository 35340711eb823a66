"""Grafana's HTTP API, as far as a person at its pages uses it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from operate import grafana_api
from operate.grafana_api import DIRECTLY, GrafanaError


@dataclass(frozen=True)
class Line:
    """A log line as Grafana gives it: labels, nanoseconds since 1970, text."""

    labels: dict[str, str]
    nanoseconds: int
    text: str


class Grafana(grafana_api.Grafana):
    """Grafana, asked as the administrator."""

    def __init__(self, url: str, password: str) -> None:
        super().__init__(url, password)
        self._password = password

    def log_in(self) -> str:
        """Log in as the page does; return the cookie of the session."""
        body = json.dumps({"user": "admin", "password": self._password}).encode()
        request = urllib.request.Request(  # noqa: S310 - the stack's own output
            f"{self.url}/login", data=body, headers={"Content-Type": "application/json"}
        )
        with DIRECTLY.open(request) as answer:
            cookies = answer.headers.get_all("Set-Cookie")
        [session] = [each for each in cookies if each.startswith("grafana_session=")]
        return str(session).partition(";")[0]

    def knows(self, session: str) -> bool:
        """Return whether the cookie of a session is still accepted."""
        request = urllib.request.Request(  # noqa: S310 - the stack's own output
            f"{self.url}/api/user", headers={"Cookie": session}
        )
        try:
            with DIRECTLY.open(request) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 401:
                    return False
            raise

    def accepts(self) -> bool:
        """Return whether the password is accepted."""
        try:
            self.ask("/api/user")
        except GrafanaError as error:
            if error.code == 401:
                return False
            raise
        return True

    def source_is_healthy(self, uid: str) -> bool:
        """Let Grafana try one of its data sources."""
        return bool(self.ask(f"/api/datasources/uid/{uid}/health")["status"] == "OK")

    def lines(self, expression: str, seconds: int = 3_600) -> list[Line]:
        """Ask the Loki source for the lines of the last `seconds`, at most 5000."""
        query = {"expr": expression, "queryType": "range", "maxLines": 5_000}
        return [line for frame in self.query("loki", query, seconds) for line in _lines(frame)]


def _lines(frame: Any) -> list[Line]:
    """Take a frame apart; the fields' names differ between Grafana's versions."""
    fields = [field["name"].lower() for field in frame["schema"]["fields"]]
    columns: dict[str, list[Any]] = dict(zip(fields, frame["data"]["values"], strict=False))
    texts = columns["line"] if "line" in columns else columns["body"]
    stamps = columns["tsns"] if "tsns" in columns else columns["timestamp"]
    return [
        Line(labels, int(stamp), text)
        for labels, stamp, text in zip(columns["labels"], stamps, texts, strict=True)
    ]
