"""Grafana's HTTP API, as far as a person at its pages uses it."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """A log line as Grafana gives it: labels, nanoseconds since 1970, text."""

    labels: dict[str, str]
    nanoseconds: int
    text: str


class Grafana:
    """Grafana at `url`, asked as the administrator."""

    def __init__(self, url: str, password: str) -> None:
        self.url = url
        token = base64.b64encode(f"admin:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}

    def ask(self, path: str, body: object = None) -> Any:
        """Get `path`, or post `body` to it; give the answer's JSON.

        Raises urllib.error.HTTPError (an OSError) where Grafana refuses.
        """
        request = urllib.request.Request(  # noqa: S310 - always http://localhost
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers=self._headers,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - same
                return json.load(answer)
        except urllib.error.HTTPError as error:
            error.add_note(error.read().decode(errors="replace"))
            error.close()
            raise

    def accepts(self) -> bool:
        """Tell whether the password is accepted."""
        try:
            self.ask("/api/user")
        except urllib.error.HTTPError as error:
            if error.code == 401:
                return False
            raise
        return True

    def source_is_healthy(self, uid: str) -> bool:
        """Let Grafana try one of its data sources."""
        return bool(self.ask(f"/api/datasources/uid/{uid}/health")["status"] == "OK")

    def _query(self, kind: str, query: dict[str, Any], seconds: int) -> list[Any]:
        body = {
            "queries": [{"refId": "A", "datasource": {"uid": kind, "type": kind}, **query}],
            "from": str(int((time.time() - seconds) * 1000)),
            "to": str(int((time.time() + 60) * 1000)),
        }
        result = self.ask("/api/ds/query", body)["results"]["A"]
        assert "error" not in result, result["error"]
        frames: list[Any] = result.get("frames", [])
        return frames

    def metric(self, expression: str) -> float | None:
        """Ask the Prometheus source now; give the one value, or None where there is no series."""
        query = {"expr": expression, "instant": True, "range": False}
        frames = [f for f in self._query("prometheus", query, 600) if f["data"]["values"]]
        assert len(frames) <= 1, f"{expression} gives {len(frames)} series"
        return float(frames[0]["data"]["values"][1][-1]) if frames else None

    def number(self, expression: str) -> float | None:
        """Ask the Loki source for a number now, such as a count of lines; None without lines."""
        query = {"expr": expression, "queryType": "instant"}
        frames = [f for f in self._query("loki", query, 3_600) if f["data"]["values"]]
        return float(frames[0]["data"]["values"][1][-1]) if frames else None

    def lines(self, expression: str, seconds: int = 3_600) -> list[Line]:
        """Ask the Loki source for the lines of the last `seconds`, at most 5000."""
        query = {"expr": expression, "queryType": "range", "maxLines": 5_000}
        return [line for frame in self._query("loki", query, seconds) for line in _lines(frame)]


def _lines(frame: Any) -> list[Line]:
    """Take a frame apart; the fields' names differ between Grafana's versions."""
    fields = [field["name"].lower() for field in frame["schema"]["fields"]]
    columns: dict[str, list[Any]] = dict(zip(fields, frame["data"]["values"], strict=False))
    if not columns:
        return []
    texts = columns["line"] if "line" in columns else columns["body"]
    stamps = columns["tsns"] if "tsns" in columns else columns["timestamp"]
    return [
        Line(labels, int(stamp), text)
        for labels, stamp, text in zip(columns["labels"], stamps, texts, strict=True)
    ]
