"""What is wrong with settings only when they are seen together, and what is merely unwise."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from stack import alerts, jobs
from stack.encrypted import SCRAPE_SECRETS, set_scrape_secret
from stack.jobs import Job
from stack.reading import Path, Problem
from stack.settings import Settings
from stack.values import Duration

# What Prometheus scrapes of the stack itself, and the labels that the collectors set.
OWN_JOBS = ("prometheus", "loki", "promtail", "grafana")
OWN_LABELS = ("job", "instance", "container", "service", "project", "stream", "level")
# By these Prometheus tells the series of one histogram or summary apart.
_METRIC_LABELS = ("le", "quantile")
# The engine joins no container to these besides another.
_NO_NETWORKS = ("host", "none")

_LONGEST_INTERVAL = Duration("2m", 120)
# How old a sample may be that Prometheus still takes for the present value, by its default.
_LOOKBACK = Duration("5m", 300)


def of(settings: Settings) -> Iterator[Problem]:
    """Find what cannot work."""
    yield from alerts.contradictions(settings)
    if settings.grafana.port == settings.prometheus.port:
        text = f"is {settings.grafana.port}, the same as monitoring:prometheus.port"
        yield Problem(("grafana", "port"), text, settings.prometheus.port + 1)
    yield from _labels(("labels",), settings.labels)
    yield from _networks(settings)
    names = list(OWN_JOBS)
    for number, job in enumerate(settings.jobs):
        if job.name in names:
            text = f"is '{job.name}', which another job has; {', '.join(OWN_JOBS)} are the stack's"
            yield Problem(("jobs", number, "name"), text)
        names.append(job.name)
        yield from _job(("jobs", number), job, settings)
    yield from _secrets_of_no_job(settings)


def warnings(settings: Settings) -> Iterator[str]:
    """Say, a line each, what works and is hardly meant so."""
    intervals: list[tuple[Path, Duration | None]] = [
        (("prometheus", "scrapeInterval"), settings.prometheus.scrape_interval),
        *((("jobs", number, "interval"), job.interval) for number, job in enumerate(settings.jobs)),
    ]
    for path, interval in intervals:
        if interval and interval.seconds > _LONGEST_INTERVAL.seconds:
            key = Problem(path, "").key
            yield (
                f"{key} is '{interval}', but Prometheus ignores samples older than {_LOOKBACK}:"
                " values vanish when a scrape fails, or between two, and alerts on rates over 5m"
                " see too few samples; better:"
                f" pulumi config set --path '{key}' {_LONGEST_INTERVAL}"
            )
    seen: dict[tuple[str, str, str], str] = {}
    for number, job in enumerate(settings.jobs):
        for target in job.targets:
            other = seen.setdefault((job.scheme, target, job.path), job.name)
            if other != job.name:
                yield (
                    f"monitoring:jobs[{number}].targets has '{target}', which the job '{other}'"
                    " scrapes too: what is summed over all jobs counts it twice"
                )


def _labels(path: Path, labels: Iterable[str]) -> Iterator[Problem]:
    for label in labels:
        if label in OWN_LABELS:
            yield Problem((*path, label), "is a label that the stack itself sets; rename it")
        if label in _METRIC_LABELS:
            text = "is a label by which histograms and summaries are told apart; rename it"
            yield Problem((*path, label), text)


def _networks(settings: Settings) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, network in enumerate(settings.app_networks):
        path = ("appNetworks", number)
        if network in _NO_NETWORKS:
            text = (
                f"is '{network}', which no container can join besides another network; a target on"
                " the Docker host itself needs none: host.docker.internal:<port>"
            )
            yield Problem(path, text, "shop_default")
        elif network in settings.networks:
            yield Problem(path, f"is '{network}', one of the stack's own; {_take_out(path)}")
        elif network in seen:
            yield Problem(path, f"is '{network}', which is there already; {_take_out(path)}")
        seen.add(network)


def _job(path: Path, job: Job, settings: Settings) -> Iterator[Problem]:
    if not job.targets:
        yield Problem((*path, "targets"), "is empty, but wants at least one", ["backend:3000"])
    for number, target in enumerate(job.targets):
        if target in job.targets[:number]:
            where = (*path, "targets", number)
            yield Problem(where, f"is '{target}', which is there already; {_take_out(where)}")
    yield from jobs.contradictions(path, job)
    if (job.auth == "basic") != (job.username is not None):
        text = "goes with auth: basic, and auth: basic with it"
        yield Problem((*path, "username"), text, "prometheus")
    if job.auth != "none" and job.name not in settings.scrape_secrets:
        text = f"is '{job.auth}', but its secret is missing; {set_scrape_secret(job.name)}"
        yield Problem((*path, "auth"), text)
    yield from _labels((*path, "labels"), job.labels)
    seen = {*OWN_LABELS, *_METRIC_LABELS}
    for name, label in zip(
        ("method", "route", "statusCode"), job.metrics.labels.values(), strict=True
    ):
        if label in seen:
            text = f"is '{label}', which means something else already"
            yield Problem((*path, "metrics", name), text)
        seen.add(label)


def _secrets_of_no_job(settings: Settings) -> Iterator[Problem]:
    names = [job.name for job in settings.jobs]
    for name in settings.scrape_secrets:
        if name not in names:
            path = (SCRAPE_SECRETS, name)
            close = difflib.get_close_matches(name, names, n=1)
            hint = f" (did you mean '{close[0]}'?)" if close else ""
            yield Problem(path, f"is the secret of no job{hint}; {_take_out(path)}")


def _take_out(path: Path) -> str:
    return f"take it out with: pulumi config rm --path '{Problem(path, '').key}'"
