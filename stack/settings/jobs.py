"""The settings of the jobs: what Prometheus scrapes besides the stack itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stack.settings import formats, patterns
from stack.settings.declaration import setting
from stack.settings.values import Duration

HOST = "host.docker.internal:"
"""What a target on the Docker host itself begins with."""
HISTOGRAM = "http_request_duration_seconds"


@dataclass(frozen=True)
class Metrics:
    """What a job calls its metrics; the defaults are the names that need no renaming."""

    duration: str = setting(
        formats.HISTOGRAM_NAME,
        "Its histogram of request durations in seconds, without `_bucket`.",
        HISTOGRAM,
    )
    method: str = setting(
        formats.LABEL_NAME, "The histogram's label for the HTTP method.", "method"
    )
    route: str = setting(
        formats.LABEL_NAME, "Its label for the route's pattern, such as `/items/:id`.", "route"
    )
    status_code: str = setting(
        formats.LABEL_NAME, "Its label for the status, as `503` or `5xx`.", "status_code"
    )
    prefix: str = setting(
        formats.METRIC_PREFIX, "What precedes the names of prom-client's default metrics.", ""
    )

    @property
    def labels(self) -> dict[str, str]:
        """The histogram's labels: the name that is asked for, and the application's own."""
        return {"method": self.method, "route": self.route, "status_code": self.status_code}


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
    containers: tuple[str, ...] = setting(
        patterns.EXPRESSION,
        "Whose log lines and alerts the dashboard Application shows with the job: containers by"
        " name or Compose service. By default those whose name or service is the host of a target.",
        (),
    )
    path: str = setting(formats.HTTP_PATH, "The path of the metrics.", "/metrics")
    scheme: str = setting(formats.SCHEME, "`http` or `https`.", "http")
    interval: Duration | None = setting(
        formats.INTERVAL, "Time between two scrapes, instead of `prometheus.scrapeInterval`.", None
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

    @property
    def log_containers(self) -> str:
        """A regular expression for the names or Compose services of the job's containers."""
        hosts = (target.rpartition(":")[0] for target in self.targets)
        # In classes, since a backslash would have to be written twice in PromQL.
        names = (re.sub(r"[^\w-]", lambda sign: f"[{sign[0]}]", host) for host in hosts)
        return "|".join(dict.fromkeys(self.containers or names))

    @property
    def is_on_host(self) -> bool:
        """Whether a target is on the Docker host itself."""
        return any(target.startswith(HOST) for target in self.targets)
