"""Sends one alert through the whole chain of a running stack, and says what became of it.

A temporary rule of Grafana asks Prometheus, fires, and is routed as every other alert. It is taken
away again, whereupon Grafana sends that the alert is resolved.
"""

from __future__ import annotations

import calendar
import re
import time
from dataclasses import dataclass, field

from bootstrap.progress import CommandError, note, step
from operate import running_stack
from operate.grafana_api import Grafana, GrafanaError
from setup.command import STACK, Command

NAME = "TestAlert"
_GROUP = "test"
_FOLDER = "Alerts"
_DEADLINE_SECONDS = 180
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


def test_alert(stack: str) -> None:
    """Send one alert through the whole chain of a running stack, and say what became of it."""
    with running_stack.reach(*running_stack.ask(stack)) as reached, step("Test alert") as this:
        note("Grafana looks every 10 s, and waits alerts.groupWait before it sends")
        outcome = send(reached.grafana_url, reached.password)
        this.outcome = str(outcome)
    if outcome.failed:
        raise CommandError("not every receiver took it: see docs/runbooks/NotificationsFailing.md")


COMMAND = Command("test-alert", test_alert, (STACK,))


def send(url: str, password: str, seconds: float = _DEADLINE_SECONDS) -> Outcome:
    """Fire the alert in Grafana at `url`, wait until each receiver was tried, and end it.

    Raises CommandError where Grafana does not answer, or the alert does not get as far as a
    receiver within `seconds`.
    """
    try:
        return _send(_Grafana(url, password), seconds)
    except GrafanaError as error:
        raise CommandError(str(error)) from error


def _send(grafana: _Grafana, seconds: float) -> Outcome:
    started = time.time()
    folders = {each["title"]: each["uid"] for each in grafana.ask("/api/folders")}
    if _FOLDER not in folders:
        raise CommandError(f"Grafana has no folder {_FOLDER}: run `pulumi up` first")
    group = f"/api/v1/provisioning/folder/{folders[_FOLDER]}/rule-groups/{_GROUP}"
    # Alerts of the same name and job are sent together, the second not before groupInterval.
    labels = {"severity": "none", "job": time.strftime("test of %H:%M:%S")}
    rule = {**_RULE, "folderUID": folders[_FOLDER], "labels": labels}
    content = {"title": _GROUP, "folderUid": folders[_FOLDER], "interval": 10, "rules": [rule]}
    grafana.ask(group, content, method="PUT")
    try:
        return _watch(grafana, started, seconds)
    finally:
        for made in grafana.ask(group)["rules"]:
            grafana.ask(f"/api/v1/provisioning/alert-rules/{made['uid']}", method="DELETE")


def _watch(grafana: _Grafana, started: float, seconds: float) -> Outcome:
    outcome, fired, waiting = Outcome(), False, True
    while waiting:
        if time.time() - started > seconds:
            stage = "was not delivered" if fired else "did not fire"
            raise CommandError(f"the alert {stage} within {seconds:.0f} s; see docs/alerts.md")
        time.sleep(1)
        fired = fired or grafana.fires()
        # Receivers are known as soon as an alert can fire; right after a start there are none.
        tries = grafana.tries() if fired else {}
        for name, (when, error) in tries.items():
            if when > started and name not in {*outcome.delivered, *outcome.failed}:
                if error:
                    # The address is a secret.
                    outcome.failed[name] = re.sub(r'"https?://[^"]*"', "its address", error)
                else:
                    outcome.delivered[name] = time.time() - started
        waiting = not fired or any(when <= started for when, _ in tries.values())
    return outcome


class _Grafana(Grafana):
    """The part of the API that is about alerts."""

    def fires(self) -> bool:
        """Return whether the alert has reached Grafana's own Alertmanager."""
        active = self.ask("/api/alertmanager/grafana/api/v2/alerts")
        return any(alert["labels"].get("alertname") == NAME for alert in active)

    def tries(self) -> dict[str, tuple[float, str]]:
        """Return, by receiver of `people`, when it was last tried (seconds), with which error."""
        points = self.ask("/api/alertmanager/grafana/config/api/v1/receivers")
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
    """Read Grafana's time; it is year 1 where there was no try yet."""
    moment = time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    return float(calendar.timegm(moment)) if moment.tm_year > 1 else 0.0
