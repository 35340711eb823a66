"""The jobs: what Prometheus scrapes besides the stack itself."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stack import formats
from stack.metrics import Metrics, relabelling
from stack.reading import Path, Problem, setting
from stack.values import Duration

INTERVAL = formats.at_least(formats.DURATION, "1s")
_HOST = "host.docker.internal:"
_LONGEST_TIMEOUT = Duration("10s", 10)


@dataclass(frozen=True)
class Job:
    """Something that Prometheus scrapes: the application's backend, or any other exporter."""

    name: str = setting(formats.NAME, "Value of the label `job`; unique.")
    targets: tuple[str, ...] = setting(
        formats.TARGET, "Where to scrape, as `host:port`. Prometheus must reach the host's name."
    )
    replicas: bool = setting(
        formats.BOOLEAN,
        "Whether a target's name may lead to several containers, as after `docker compose up"
        " --scale`: each is scraped, and one that is gone is not missed while another is there."
        " For names in the application's network, over `http`.",
        default=False,
    )
    path: str = setting(formats.HTTP_PATH, "The path of the metrics.", "/metrics")
    scheme: str = setting(formats.SCHEME, "`http` or `https`.", "http")
    interval: Duration | None = setting(
        INTERVAL, "Time between two scrapes, instead of `prometheus.scrapeInterval`.", None
    )
    auth: str = setting(
        formats.AUTH,
        "`basic` (with `username`) or `bearer`: the password or token is the secret"
        " `monitoring:scrapeSecrets.<name>`.",
        "none",
    )
    username: str | None = setting(formats.TEXT, "The user's name where `auth` is `basic`.", None)
    sample_limit: int | None = setting(
        formats.SERIES,
        "Series that one target may expose, instead of 10000; with more the scrape fails.",
        None,
    )
    labels: Mapping[str, str] = setting(
        formats.LABEL_VALUE, "Labels added to the job's series.", dict, keys=formats.LABEL_NAME
    )
    metrics: Metrics = setting(None, "What the job calls its metrics.", Metrics)


def contradictions(path: Path, job: Job) -> Iterator[Problem]:
    """Find where `replicas` cannot work: it takes addresses from the engine's name server."""
    if not job.replicas:
        return
    if job.scheme == "https":
        text = "is 'https', but with replicas: true containers are reached by their addresses"
        yield Problem((*path, "scheme"), f"{text}, for which no certificate is", "http")
    for number, target in enumerate(job.targets):
        if target.startswith(_HOST) or not re.match("[A-Za-z]", target):
            text = f"is '{target}', but replicas: true wants a name in a Docker network"
            yield Problem((*path, "targets", number), text, "backend:3000")


def is_on_host(job: Job) -> bool:
    """Tell whether a target is on the Docker host itself."""
    return any(target.startswith(_HOST) for target in job.targets)


def scrape(model: dict[str, Any], job: Job, secrets: str) -> dict[str, Any]:
    """Give a job as prometheus.yml has it; its secret is in a file of its name in `secrets`."""
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
        places = [target.rsplit(":", 1) for target in job.targets]
        made["dns_sd_configs"] = [
            {**discovery, "names": [name], "port": int(port)} for name, port in places
        ]
    else:
        made["static_configs"][0]["targets"] = list(job.targets)
    rules = relabelling(job.metrics)
    return {**made, "metric_relabel_configs": rules} if rules else made


def label(scrape: dict[str, Any], labels: Mapping[str, str]) -> None:
    """Add labels to all series of a job; those of discovered targets need rules for it."""
    if "relabel_configs" in scrape:
        scrape["relabel_configs"] += [
            {"target_label": name, "replacement": value.replace("$", "$$")}
            for name, value in labels.items()
        ]
    elif labels:
        scrape["static_configs"][0]["labels"] = dict(labels)


def timing(interval: Duration) -> dict[str, str]:
    """A scrape may take 10 s, Prometheus' default, but never longer than its interval."""
    timeout = min(interval, _LONGEST_TIMEOUT, key=lambda duration: duration.seconds)
    return {"scrape_interval": str(interval), "scrape_timeout": str(timeout)}
