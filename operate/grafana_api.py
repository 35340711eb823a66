"""Grafana's HTTP API, asked as the administrator."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from typing import Any

_ANSWER_SECONDS = 30
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Opens the stack's addresses: urllib would give a password to `$http_proxy`, for localhost too."""


class GrafanaError(OSError):
    """Grafana does not answer, or refuses: then with the `code` of HTTP and with its words."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class Grafana:
    """Grafana at `url`. Every call raises `GrafanaError`."""

    def __init__(self, url: str, password: str) -> None:
        self.url = url
        token = base64.b64encode(f"admin:{password}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {token}",
            "Content-Type": "application/json",
            # What is made over the API can be taken away over it.
            "X-Disable-Provenance": "true",
        }

    def ask(self, path: str, body: object = None, *, method: str | None = None) -> Any:
        """Get `path`, or post `body` to it, unless `method` says otherwise; return the JSON."""
        text = self.text(path, body, method=method)
        return json.loads(text) if text else None

    def text(self, path: str, body: object = None, *, method: str | None = None) -> str:
        """Ask as `ask` does; return the answer as it is."""
        request = urllib.request.Request(  # noqa: S310 - the stack's own output
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=self._headers,
        )
        try:
            with DIRECTLY.open(request, timeout=_ANSWER_SECONDS) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")
            what = f"{request.get_method()} {path}"
            raise GrafanaError(
                f"Grafana refused {what}: {error.code} {said}", error.code
            ) from error
        except OSError as error:
            raise GrafanaError(f"Grafana at {self.url} does not answer: {error}") from error

    def query(self, source: str, query: dict[str, Any], seconds: int) -> list[Any]:
        """Ask the data source of a uid about the last `seconds`; return the frames with values."""
        asked = {"refId": "A", "datasource": {"uid": source, "type": source}, **query}
        result = self.results([asked], seconds, ahead=60)["A"]
        if "error" in result:
            raise GrafanaError(f"{source} refused {query['expr']}: {result['error']}")
        return [frame for frame in result.get("frames", []) if frame["data"]["values"]]

    def results(self, queries: list[Any], seconds: int, ahead: int = 0) -> dict[str, Any]:
        """Ask the data sources about the last `seconds`, and `ahead` of now; return by `refId`."""
        now = int(time.time() * 1000)
        shown = {"from": str(now - seconds * 1000), "to": str(now + ahead * 1000)}
        found: dict[str, Any] = self.ask("/api/ds/query", {"queries": queries, **shown})["results"]
        return found

    def metric(self, expression: str) -> float | None:
        """Ask the Prometheus source now; return the one value, or None where there is no series."""
        query = {"expr": expression, "instant": True, "range": False}
        frames = self.query("prometheus", query, 600)
        if len(frames) > 1:
            raise GrafanaError(f"{expression} gives {len(frames)} series")
        return _last(frames)

    def number(self, expression: str) -> float | None:
        """Ask the Loki source for a number now, such as a count of lines; None without lines."""
        return _last(self.query("loki", {"expr": expression, "queryType": "instant"}, 3_600))


def _last(frames: list[Any]) -> float | None:
    return float(frames[0]["data"]["values"][1][-1]) if frames else None
