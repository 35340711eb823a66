"""Sends one alert through the whole chain of a running stack, and tells what became of it.

A temporary rule of Grafana asks Prometheus, fires, and is routed as every other alert. It is taken
away again, upon which Grafana also sends that the alert is over.
"""

from __future__ import annotations

import base64
import calendar
import json
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from prepare.progress import SetupError

NAME = "TestAlert"
_GROUP = "test"
_FOLDER = "Alerts"
_PATIENCE_SECONDS = 180
_RULE = {
    "title": NAME,
    "ruleGroup": _GROUP,
    "orgID": 1,
    "condition": "B",
    "for": "0s",
    "noDataState": "OK",
    "execErrState": "Error",
    "annotations": {
        "summary": "This is only a test",
        "description": "Sent by `make test-alert`. Nothing is wrong.",
        "runbook_url": "docs/alerts.md",
    },
    "data": [
        {
            "refId": "A",
            "datasourceUid": "prometheus",
            "relativeTimeRange": {"from": 600, "to": 0},
            "model": {"refId": "A", "expr": "vector(1)", "instant": True, "range": False},
        },
        {
            "refId": "B",
            "datasourceUid": "__expr__",
            "relativeTimeRange": {"from": 0, "to": 0},
            "model": {"refId": "B", "type": "math", "expression": "$A > 0"},
        },
    ],
}


@dataclass
class Outcome:
    """What became of the alert: seconds until it was handed over, or the error, by receiver."""

    delivered: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{name}: delivered after {s:.0f} s" for name, s in self.delivered.items()]
        lines += [f"{name}: not delivered: {error}" for name, error in self.failed.items()]
        return "\n".join(lines) or "it fired, and there is no receiver to send it to"


def send(url: str, password: str, patience: float = _PATIENCE_SECONDS) -> Outcome:
    """Fire the alert in Grafana at `url`, wait until each receiver was tried, and end it.

    Raises SetupError where Grafana does not answer, or the alert does not get as far as a receiver
    within `patience` seconds.
    """
    grafana = _Grafana(url, password)
    started = time.time()
    folders = {each["title"]: each["uid"] for each in grafana.ask("GET", "/api/folders")}
    if _FOLDER not in folders:
        raise SetupError(f"Grafana has no folder {_FOLDER}: run `pulumi up` first")
    group = f"/api/v1/provisioning/folder/{folders[_FOLDER]}/rule-groups/{_GROUP}"
    # Alerts of the same name and job are sent together, the second not before groupInterval.
    labels = {"severity": "none", "job": time.strftime("test of %H:%M:%S")}
    rule = {**_RULE, "folderUID": folders[_FOLDER], "labels": labels}
    content = {"title": _GROUP, "folderUid": folders[_FOLDER], "interval": 10, "rules": [rule]}
    waiting = set(grafana.tries())
    grafana.ask("PUT", group, content)
    try:
        return _watch(grafana, waiting, started, patience)
    finally:
        for made in grafana.ask("GET", group)["rules"]:
            grafana.ask("DELETE", f"/api/v1/provisioning/alert-rules/{made['uid']}")


def _watch(grafana: _Grafana, waiting: set[str], started: float, patience: float) -> Outcome:
    outcome, fired = Outcome(), False
    while waiting or not fired:
        if time.time() - started > patience:
            stage = "was not delivered" if fired else "did not fire"
            raise SetupError(f"the alert {stage} within {patience:.0f} s; see docs/alerts.md")
        time.sleep(1)
        fired = fired or grafana.fires()
        for name, (when, error) in grafana.tries().items():
            if fired and name in waiting and when > started:
                waiting.remove(name)
                if error:
                    # The address is a secret.
                    outcome.failed[name] = re.sub(r'"https?://[^"]*"', "its address", error)
                else:
                    outcome.delivered[name] = time.time() - started
    return outcome


class _Grafana:
    """The part of Grafana's API that is about alerts, asked as the administrator."""

    def __init__(self, url: str, password: str) -> None:
        self._url = url
        token = base64.b64encode(f"admin:{password}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {token}",
            "Content-Type": "application/json",
            "X-Disable-Provenance": "true",
        }

    def ask(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the stack's own output
            f"{self._url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=self._headers,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - same
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")
            raise SetupError(f"Grafana refused {method} {path}: {error.code} {said}") from error
        except OSError as error:
            raise SetupError(f"Grafana at {self._url} does not answer: {error}") from error
        return json.loads(text) if text else None

    def fires(self) -> bool:
        """Tell whether the alert has reached Grafana's own Alertmanager."""
        active = self.ask("GET", "/api/alertmanager/grafana/api/v2/alerts")
        return any(alert["labels"].get("alertname") == NAME for alert in active)

    def tries(self) -> dict[str, tuple[float, str]]:
        """Give, by receiver of `people`, when it was last tried (seconds) and with which error."""
        points = self.ask("GET", "/api/alertmanager/grafana/config/api/v1/receivers")
        return {
            each["name"]: (
                _seconds(each["lastNotifyAttempt"]),
                each.get("lastNotifyAttemptError", ""),
            )
            for point in points
            if point["name"] == "people"
            for each in point["integrations"]
        }


def _seconds(text: str) -> float:
    """Read Grafana's time; it gives year 1 where there was no try yet."""
    moment = time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    return float(calendar.timegm(moment)) if moment.tm_year > 1 else 0.0
