"""What shows from outside that a stack works: each looks once and returns what it saw.

They raise MissingError, or GrafanaError, where it is not there (yet).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from operate.grafana_api import DIRECTLY, Grafana, GrafanaError

UNAUTHORIZED = 401
_LINES_MINUTES = 15


class MissingError(OSError):
    """What is looked for is not there (yet)."""


def log_in(grafana: Grafana) -> str:
    """Look whether the configured password is accepted."""
    try:
        return f"as {grafana.ask('/api/user')['login']}"
    except GrafanaError as error:
        if error.code == UNAUTHORIZED:
            text = "Grafana refuses the configured password; `pulumi up` sets it"
            raise GrafanaError(text, error.code) from error
        raise


def get(url: str) -> Any:
    """Return the data of an answer of Prometheus' API."""
    try:
        with DIRECTLY.open(url, timeout=30) as answer:
            return json.load(answer)["data"]
    except OSError as error:
        raise MissingError(f"{url}: {error}") from error


def version(prometheus: str) -> str:
    """Look up Prometheus' version."""
    return str(get(f"{prometheus}/api/v1/status/buildinfo")["version"])


def targets(prometheus: str, explain: Callable[[str, str], str], *, own_only: bool) -> str:
    """Look at the targets; with `own_only`, those of the application may be down.

    `explain` makes of an error and the scraped URL what a person reads.
    """
    pools = set(get(f"{prometheus}/api/v1/scrape_pools")["scrapePools"])
    found = get(f"{prometheus}/api/v1/targets?state=active")["activeTargets"]
    empty = pools - {each["labels"]["job"] for each in found}
    own = {each["labels"]["job"] for each in found if "part_of" in each["labels"]}
    down = {job: f"{job}: no container answers to its name" for job in sorted(empty)}
    for each in found:
        job, place = each["labels"]["job"], each["labels"]["instance"]
        if each["health"] != "up":
            error = each["lastError"]
            said = explain(error, each["scrapeUrl"]) if error else "not scraped yet"
            down[job] = f"{job} at {place}: {said}"
    bad = [text for job, text in down.items() if job in own or not own_only]
    if bad or not pools:
        raise MissingError("; ".join(bad) or "there is none")
    later = [f"not yet {text}" for text in down.values()]
    return "; ".join([", ".join(sorted(pools - down.keys())), *later])


def source(grafana: Grafana, uid: str) -> str:
    """Have Grafana try one of its data sources."""
    try:
        answer = grafana.ask(f"/api/datasources/uid/{uid}/health")
    except GrafanaError as error:
        if error.code != 404 or uid != "loki":  # noqa: PLR2004 - HTTP's "not found"
            raise
        # A Grafana before 10.1 has no such check of Loki; newer ones ask this as theirs.
        answer = {"message": f"1 + 1 is {grafana.number('vector(1)+vector(1)'):.0f}"}
    return str(answer["message"])


def samples(grafana: Grafana, oldest: float) -> str:
    """Look for a sample that is not from before `oldest`, as Grafana sees it."""
    newest = grafana.metric("max(timestamp(up))")
    if newest is None or newest < oldest:
        age = (
            "there is none" if newest is None else f"the newest is {time.time() - newest:.0f} s old"
        )
        raise MissingError(f"no new sample: {age}")
    return f"the newest is {time.time() - newest:.0f} s old"


def lines(grafana: Grafana, *, may_be_quiet: bool) -> str:
    """Look for lines in Loki, or where it `may_be_quiet` for any that Promtail has read."""
    expression = f'sum(count_over_time({{container=~".+"}}[{_LINES_MINUTES}m]))'
    count = grafana.number(expression)
    if count:
        return f"{count:.0f} lines in the last {_LINES_MINUTES} minutes"
    none = f"no line of the last {_LINES_MINUTES} minutes"
    read = grafana.metric("sum(collector:lines_read)")
    if not read:
        runbook = "docs/runbooks/CollectorReadsNothing.md"
        raise MissingError(f"{none}: Promtail has read none since its start: {runbook}")
    if may_be_quiet:
        return f"{none}, and {read:.0f} read since Promtail's start"
    raise MissingError(f"{none}: no container printed one, or Promtail does not deliver")


def rules(grafana: Grafana, prometheus: str, *, may_wait: bool) -> str:
    """Look at the rules of both: each must have been evaluated, and its last time without error."""
    answers = (
        grafana.ask("/api/prometheus/grafana/api/v1/rules")["data"],
        get(f"{prometheus}/api/v1/rules"),
    )
    found = [rule for answer in answers for group in answer["groups"] for rule in group["rules"]]
    bad = [
        f"{each['name']}: {each.get('lastError') or 'not evaluated yet'}"
        for each in found
        if each["health"].startswith("err")
        or (not may_wait and each["lastEvaluation"].startswith("0001-"))
    ]
    if bad or not found:
        raise MissingError("; ".join(bad) or "there is none")
    firing = {each["name"] for each in found if each.get("state") == "firing"}
    return f"{len(found)} rules; firing: {', '.join(sorted(firing)) or 'none'}"
