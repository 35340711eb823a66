"""Proves from outside that a stack works: its programs answer, and metrics and logs arrive.

What needs a moment after a deploy, such as the first scrape, is looked at again until a deadline.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from prepare.grafana import DIRECTLY, Grafana, GrafanaError
from prepare.progress import note

PATIENCE_SECONDS = 120
"""More than the alert rules' interval, and than the longest usual one between two scrapes."""
_PAUSE_SECONDS = 1
_LINES_MINUTES = 15
_UNAUTHORIZED = 401


class MissingError(OSError):
    """What is looked for is not there (yet)."""


@dataclass(frozen=True)
class Result:
    """What a check saw last."""

    name: str
    passed: bool
    seen: str


def verify(
    grafana_url: str, prometheus_url: str, password: str, patience: float = PATIENCE_SECONDS
) -> list[Result]:
    """Do every check until it passes, at most for `patience` seconds."""
    checks = _checks(_Administrator(grafana_url, password), prometheus_url)
    waiting, results = dict(checks), {}
    deadline, told = time.monotonic() + patience, False
    while True:
        for name, look in list(waiting.items()):
            results[name], final = _result(name, look)
            if final:
                del waiting[name]
        if not waiting or time.monotonic() > deadline:
            return [results[name] for name in checks]
        if not told:
            note(f"waiting up to {patience:.0f} s for: {', '.join(waiting)}")
        told = True
        time.sleep(_PAUSE_SECONDS)


def table(results: Iterable[Result]) -> str:
    """Give a line for each check."""
    results = list(results)
    width = max(len(each.name) for each in results)
    return "\n".join(
        f"  {'ok' if each.passed else 'FAILED':6}  {each.name:{width}}  {each.seen}"
        for each in results
    )


def _result(name: str, look: Callable[[], str]) -> tuple[Result, bool]:
    """Look once; gives also whether it is no use to look again."""
    try:
        return Result(name, passed=True, seen=look()), True
    except OSError as error:
        final = isinstance(error, GrafanaError) and error.code == _UNAUTHORIZED
        return Result(name, passed=False, seen=str(error)), final


class _Administrator(Grafana):
    """Grafana locks the administrator out after five wrong passwords, so one is enough."""

    _refused = False

    def ask(self, path: str, body: object = None, *, method: str | None = None) -> Any:
        if self._refused:
            raise GrafanaError("not asked, since the password is refused", _UNAUTHORIZED)
        try:
            return super().ask(path, body, method=method)
        except GrafanaError as error:
            self._refused = error.code == _UNAUTHORIZED
            raise


def _checks(grafana: Grafana, prometheus: str) -> dict[str, Callable[[], str]]:
    started = time.time()
    return {
        "Grafana answers": lambda: str(grafana.ask("/api/health")["version"]),
        "Its administrator can log in": lambda: _log_in(grafana),
        "Prometheus answers": lambda: _version(prometheus),
        "Every target is up": lambda: _targets(prometheus),
        "Grafana reaches Prometheus": lambda: _source(grafana, "prometheus"),
        "Grafana reaches Loki": lambda: _source(grafana, "loki"),
        "Metrics arrive": lambda: _samples(grafana, started),
        "Logs arrive": lambda: _lines(grafana),
        "Every rule can be evaluated": lambda: _rules(grafana, prometheus),
    }


def _log_in(grafana: Grafana) -> str:
    try:
        return f"as {grafana.ask('/api/user')['login']}"
    except GrafanaError as error:
        if error.code == _UNAUTHORIZED:
            text = "Grafana refuses the configured password; `pulumi up` sets it anew"
            raise GrafanaError(text, error.code) from error
        raise


def _get(url: str) -> Any:
    try:
        with DIRECTLY.open(url, timeout=30) as answer:
            return json.load(answer)["data"]
    except OSError as error:
        raise MissingError(f"{url}: {error}") from error


def _version(prometheus: str) -> str:
    return str(_get(f"{prometheus}/api/v1/status/buildinfo")["version"])


def _targets(prometheus: str) -> str:
    targets = _get(f"{prometheus}/api/v1/targets?state=active")["activeTargets"]
    bad = [each for each in targets if each["health"] != "up"]
    if bad or not targets:
        found = [
            f"{each['labels']['job']} at {each['labels']['instance']}: "
            f"{each['lastError'] or 'not scraped yet'}"
            for each in bad
        ]
        raise MissingError("; ".join(found) or "there is none")
    return ", ".join(sorted({each["labels"]["job"] for each in targets}))


def _source(grafana: Grafana, uid: str) -> str:
    try:
        answer = grafana.ask(f"/api/datasources/uid/{uid}/health")
    except GrafanaError as error:
        if error.code != 404 or uid != "loki":  # noqa: PLR2004 - HTTP's "not found"
            raise
        # A Grafana before 10.1 has no such check of Loki; newer ones ask this as theirs.
        answer = {"message": f"1 + 1 is {grafana.number('vector(1)+vector(1)'):.0f}"}
    return str(answer["message"])


def _samples(grafana: Grafana, started: float) -> str:
    """Wait for a sample that is newer than this check, as seen by Grafana."""
    newest = grafana.metric("max(timestamp(up))")
    if newest is None or newest < started:
        age = (
            "there is none" if newest is None else f"the newest is {time.time() - newest:.0f} s old"
        )
        raise MissingError(f"no new sample: {age}")
    return f"the newest is {time.time() - newest:.0f} s old"


def _lines(grafana: Grafana) -> str:
    expression = f'sum(count_over_time({{container=~".+"}}[{_LINES_MINUTES}m]))'
    count = grafana.number(expression)
    if not count:
        raise MissingError(
            f"no line of the last {_LINES_MINUTES} minutes: no container printed one, or Promtail "
            "does not deliver"
        )
    return f"{count:.0f} lines in the last {_LINES_MINUTES} minutes"


def _rules(grafana: Grafana, prometheus: str) -> str:
    """Look at the rules of both: each must have been evaluated, and its last time without error."""
    answers = (
        grafana.ask("/api/prometheus/grafana/api/v1/rules")["data"],
        _get(f"{prometheus}/api/v1/rules"),
    )
    rules = [rule for answer in answers for group in answer["groups"] for rule in group["rules"]]
    bad = [
        f"{each['name']}: {each.get('lastError') or 'not evaluated yet'}"
        for each in rules
        if each["health"].startswith("err") or each["lastEvaluation"].startswith("0001-")
    ]
    if bad or not rules:
        raise MissingError("; ".join(bad) or "there is none")
    firing = {each["name"] for each in rules if each.get("state") == "firing"}
    return f"{len(rules)} rules; firing: {', '.join(sorted(firing)) or 'none'}"
