"""Grafana's HTTP API, as far as a person at its pages uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prepare import grafana
from prepare.grafana import GrafanaError


@dataclass(frozen=True)
class Line:
    """A log line as Grafana gives it: labels, nanoseconds since 1970, text."""

    labels: dict[str, str]
    nanoseconds: int
    text: str


class Grafana(grafana.Grafana):
    """Grafana, asked as the administrator."""

    def accepts(self) -> bool:
        """Tell whether the password is accepted."""
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
