"""What is wrong with settings only when they are seen together, and what is merely unwise."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from stack.settings.jobs import HOST, Job
from stack.settings.model import Network, Settings, prefix
from stack.settings.problems import Path, Problem, key, set_secret, take_out
from stack.settings.values import Duration

# The labels that Prometheus, its own jobs and the collector set.
OWN_LABELS = (
    *("job", "instance", "part_of"),
    *("container", "service", "project", "stream", "level"),
)
# By these Prometheus tells the series of one histogram or summary apart.
_METRIC_LABELS = ("le", "quantile")
# The engine joins no container to these besides another.
_NO_NETWORKS = ("host", "none")

_LONGEST_INTERVAL = Duration("2m", 120)
# What the canary prints: nanoseconds since 1970, and p.
_CANARYS_LINE = f"1764228464123456789 {'p' * 79}"
# How old a sample may be that Prometheus still takes for the present value, by its default.
_LOOKBACK = Duration("5m", 300)


def problems(settings: Settings) -> Iterator[Problem]:
    """Find what cannot work."""
    yield from stack_name(settings.stack)
    yield from _mail(settings)
    if settings.grafana.port == settings.prometheus.port:
        text = f"is {settings.grafana.port}, the same as monitoring:prometheus.port"
        yield Problem(("grafana", "port"), text, settings.prometheus.port + 1)
    yield from _labels(("labels",), settings.labels)
    yield from _networks(settings)
    own = [job for name, service in settings.services.items() for job in (name, *service.targets)]
    names = list(own)
    for number, job in enumerate(settings.jobs):
        if job.name in names:
            text = f"is '{job.name}', which another job has; {', '.join(own)} are the stack's"
            yield Problem(("jobs", number, "name"), text)
        names.append(job.name)
        yield from _job(("jobs", number), job, settings)
    yield from _secrets_of_no_job(settings)
    yield from _canary(settings)


def stack_name(stack: str) -> Iterator[Problem]:
    """Find where a network of another stack has the name of this one's."""
    for network in Network:
        if network.value and stack.endswith(network.value):
            text = (
                f"is '{stack}', but {prefix(stack)} is a network of the stack"
                f" '{stack.removesuffix(network.value)}'; choose a name that does not end with"
                f" '{network.value}'"
            )
            yield Problem((), text)


def warnings(settings: Settings) -> Iterator[str]:
    """Say, a line each, what works and is hardly meant so."""
    if not settings.alerts_reach_people:
        yield (
            "alerts reach nobody: they are only shown in Grafana and Prometheus; set"
            " monitoring:alertSecrets.webhookUrl or .slackUrl, or monitoring:alerts.mail"
            " (docs/alerts.md)"
        )
    intervals: list[tuple[Path, Duration | None]] = [
        (("prometheus", "scrapeInterval"), settings.prometheus.scrape_interval),
        *((("jobs", number, "interval"), job.interval) for number, job in enumerate(settings.jobs)),
    ]
    for path, interval in intervals:
        if interval and interval.seconds > _LONGEST_INTERVAL.seconds:
            yield (
                f"{key(path)} is '{interval}', but Prometheus ignores samples older than"
                f" {_LOOKBACK}: values vanish when a scrape fails, or between two, and alerts on"
                " rates over 5m see too few samples; better:"
                f" pulumi config set --path '{key(path)}' {_LONGEST_INTERVAL}"
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


def _mail(settings: Settings) -> Iterator[Problem]:
    mail = settings.alerts.mail
    if mail.to and not mail.host:
        text = "is missing: monitoring:alerts.mail.to needs a server"
        yield Problem(("alerts", "mail", "host"), text, "smtp.example.com:587")
    if mail.to and not mail.sender:
        text = "is missing: monitoring:alerts.mail.to needs a sender"
        yield Problem(("alerts", "mail", "sender"), text, "monitoring@example.com")
    if bool(mail.user) != bool(settings.alert_secrets.smtp_password):
        text = "goes with monitoring:alertSecrets.smtpPassword, and that with it"
        yield Problem(("alerts", "mail", "user"), text, "monitoring")


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
            yield Problem(path, f"is '{network}', one of the stack's own; {take_out(path)}")
        elif network in seen:
            yield Problem(path, f"is '{network}', which is there already; {take_out(path)}")
        seen.add(network)


def _job(path: Path, job: Job, settings: Settings) -> Iterator[Problem]:
    if not job.targets:
        yield Problem((*path, "targets"), "is empty, but must have at least one", ["backend:3000"])
    for number, target in enumerate(job.targets):
        if target in job.targets[:number]:
            where = (*path, "targets", number)
            yield Problem(where, f"is '{target}', which is there already; {take_out(where)}")
    yield from _replicas(path, job)
    if (job.auth == "basic") != (job.username is not None):
        text = "goes with auth: basic, and auth: basic with it"
        yield Problem((*path, "username"), text, "prometheus")
    if job.auth != "none" and job.name not in settings.scrape_secrets:
        text = (
            f"is '{job.auth}', but its secret is missing; {set_secret(('scrapeSecrets', job.name))}"
        )
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


def _replicas(path: Path, job: Job) -> Iterator[Problem]:
    """Find where `replicas` cannot work: it takes addresses from the engine's name server."""
    if not job.replicas:
        return
    if job.scheme == "https":
        text = "is 'https', but with replicas: true containers are reached by their addresses"
        yield Problem((*path, "scheme"), f"{text}, for which no certificate is", "http")
    for number, target in enumerate(job.targets):
        if target.startswith(HOST) or not re.match("[A-Za-z]", target):
            text = f"is '{target}', but with replicas: true must be a name in a Docker network"
            yield Problem((*path, "targets", number), text, "backend:3000")


def _secrets_of_no_job(settings: Settings) -> Iterator[Problem]:
    names = [job.name for job in settings.jobs]
    for name in settings.scrape_secrets:
        if name not in names:
            path = ("scrapeSecrets", name)
            close = difflib.get_close_matches(name, names, n=1)
            hint = f" (did you mean '{close[0]}'?)" if close else ""
            yield Problem(path, f"is the secret of no job{hint}; {take_out(path)}")


def _canary(settings: Settings) -> Iterator[Problem]:
    """Find what would change the lines by which the canary knows what is lost."""
    if not settings.canary.enabled:
        return
    for number, pattern in enumerate(settings.logs.redact_patterns):
        if re.search(pattern, _CANARYS_LINE):
            path = ("logs", "redactPatterns", number)
            text = (
                f"is '{pattern}', which matches the canary's lines, '{_CANARYS_LINE[:23]}…': it"
                " would not find them; make it match less, or set canary.enabled to false"
            )
            yield Problem(path, text)
