"""The jobs as prometheus.yml has them, their metrics under the names that dashboards ask for."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from stack.settings.jobs import HISTOGRAM, Job, Metrics
from stack.settings.values import Duration

_LONGEST_TIMEOUT = Duration("10s", 10)


def scrape_config(model: dict[str, Any], job: Job, secrets: str) -> dict[str, Any]:
    """Return a job as prometheus.yml has it; its secret is in a file of its name in `secrets`."""
    made = copy.deepcopy(model)
    made |= {"job_name": job.name, "metrics_path": job.path, "scheme": job.scheme}
    if job.interval:
        made |= timing(job.interval)
    if job.sample_limit:
        made["sample_limit"] = job.sample_limit
    if job.auth == "basic":
        made["basic_auth"] = {"username": job.username, "password_file": f"{secrets}/{job.name}"}
    if job.auth == "bearer":
        made["authorization"] = {"credentials_file": f"{secrets}/{job.name}"}
    if job.replicas:
        [discovery] = made["dns_sd_configs"]
        places = [target.split(":") for target in job.targets]
        made["dns_sd_configs"] = [
            {**discovery, "names": [name], "port": int(port)} for name, port in places
        ]
    else:
        made["static_configs"][0]["targets"] = list(job.targets)
    rules = relabelling(job.metrics)
    return {**made, "metric_relabel_configs": rules} if rules else made


def add_labels(scrape: dict[str, Any], labels: Mapping[str, str]) -> None:
    """Add labels to all series of a job; those of discovered targets need rules for it."""
    if "relabel_configs" in scrape:
        scrape["relabel_configs"] += [
            {"target_label": name, "replacement": value.replace("$", "$$")}
            for name, value in labels.items()
        ]
    elif labels:
        [static] = scrape["static_configs"]
        static["labels"] = {**static.get("labels", {}), **labels}


def timing(interval: Duration) -> dict[str, str]:
    """Return an interval and its timeout: 10 s, Prometheus' default, but never more than it."""
    timeout = min(interval, _LONGEST_TIMEOUT, key=lambda duration: duration.seconds)
    return {"scrape_interval": str(interval), "scrape_timeout": str(timeout)}


def relabelling(names: Metrics) -> list[dict[str, Any]]:
    """Return the `metric_relabel_configs` that rename a job's series; none where nothing differs.

    Labels come first: their rules know the series by its old name.
    """
    rules: list[dict[str, Any]] = []
    series = f"{names.duration}_(?:bucket|sum|count)"
    for wanted, own in names.labels.items():
        if own != wanted:
            copied = {"source_labels": ["__name__", own], "regex": f"{series};(.+)"}
            rules.append({**copied, "target_label": wanted})
            # A label set to nothing is a label removed.
            removed = {"source_labels": ["__name__"], "regex": series, "replacement": ""}
            rules.append({**removed, "target_label": own})
    if names.duration != HISTOGRAM:
        rules.append(_rename(f"{names.duration}(_bucket|_sum|_count)", f"{HISTOGRAM}$1"))
    if names.prefix:
        rules.append(_rename(f"{names.prefix}((?:nodejs|process)_.+)", "$1"))
    return rules


def _rename(regex: str, replacement: str) -> dict[str, Any]:
    rule = {"source_labels": ["__name__"], "regex": regex}
    return {**rule, "target_label": "__name__", "replacement": replacement}
