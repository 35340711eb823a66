"""Reads an environment's configuration: the one place that touches Pulumi's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from stack import alerts
from stack.prometheus import Job
from stack.reading import Problem, SettingsError, camel, fields, read
from stack.settings import Settings
from stack.values import Secret

PASSWORD = "grafanaAdminPassword"  # noqa: S105 - the name of the key
SCRAPE_SECRETS = "scrapeSecrets"
ALERT_SECRETS = "alertSecrets"
_SECRETS = (PASSWORD, SCRAPE_SECRETS, ALERT_SECRETS)

# What Prometheus scrapes of the stack itself, and the labels that the collectors set.
OWN_JOBS = ("prometheus", "loki", "promtail", "grafana")
OWN_LABELS = ("job", "instance", "container", "service", "project", "stream", "level")

_LOKI_MINIMUM_SECONDS = 24 * 3_600  # limits_config.retention_period refuses less
_SHORTEST_PASSWORD = 8


def load() -> Settings:
    """Read the settings of the current stack.

    Raises SettingsError with every problem found, before anything is declared.
    """
    return parse(pulumi.get_stack(), _values(), is_secret=is_config_secret)


def parse(stack: str, values: Mapping[str, Any], *, is_secret: Any) -> Settings:
    """Make the settings of `stack` of the values below `monitoring:`.

    `is_secret` tells of a full key whether its value is kept encrypted.
    """
    problems: list[Problem] = []
    plain = {key: value for key, value in values.items() if key not in _SECRETS}
    arguments = read(Settings, plain, (), problems)
    password = _password(values.get(PASSWORD), is_secret, problems)
    secrets = _scrape_secrets(values.get(SCRAPE_SECRETS, {}), is_secret, problems)
    alert_secrets = _alert_secrets(values.get(ALERT_SECRETS, {}), is_secret, problems)
    if problems:
        raise SettingsError(stack, problems)
    settings = Settings(
        **arguments,
        stack=stack,
        grafana_admin_password=password,
        scrape_secrets=secrets,
        alert_secrets=alert_secrets,
    )
    problems += _contradictions(settings)
    if problems:
        raise SettingsError(stack, problems)
    return settings


def known_keys() -> list[str]:
    """Give every key below `monitoring:`."""
    return [*(camel(field.name) for field in fields(Settings)), *_SECRETS]


def _values() -> dict[str, Any]:
    """Collect what is set below `monitoring:`; objects and lists arrive as JSON."""
    project = pulumi.get_project()
    everything = {**get_config_env(), **CONFIG.get()}
    own = {k.split(":", 1)[1]: v for k, v in everything.items() if k.startswith(f"{project}:")}
    return {key: _decoded(value) for key, value in own.items()}


def _decoded(value: str) -> Any:
    if value[:1] in "[{" and value:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _password(value: object, is_secret: Any, problems: list[Problem]) -> Secret:
    how = f"set it with: pulumi config set --secret monitoring:{PASSWORD}"
    text = value if isinstance(value, str) else ""
    path = (PASSWORD,)
    if value is None:
        problems.append(Problem(path, f"is missing: Grafana's administrator needs one; {how}"))
    elif len(text) < _SHORTEST_PASSWORD or text != text.strip() or not text.isprintable():
        wants = f"at least {_SHORTEST_PASSWORD} characters, without spaces or breaks at its ends"
        problems.append(Problem(path, f"is {'unusable' if text else 'empty'}: {wants}; {how}"))
    elif not is_secret(f"monitoring:{PASSWORD}"):
        problems.append(Problem(path, f"is in clear text: {how}"))
    return Secret(text)


def _scrape_secrets(
    value: object,
    is_secret: Any,
    problems: list[Problem],
) -> dict[str, Secret]:
    path = (SCRAPE_SECRETS,)
    if value == {}:
        return {}
    if not isinstance(value, Mapping):
        problems.append(Problem(path, f"wants a secret per job; {_set_scrape_secret('<job>')}"))
        return {}
    if not is_secret(f"monitoring:{SCRAPE_SECRETS}"):
        problems.append(Problem(path, f"is in clear text; {_set_scrape_secret('<job>')}"))
    for job, text in value.items():
        if not isinstance(text, str) or not text or text != text.strip() or not text.isprintable():
            wants = "a text without spaces or breaks at its ends"
            problems.append(
                Problem((*path, job), f"is unusable: it wants {wants}; {_set_scrape_secret(job)}")
            )
    return {job: Secret(str(text)) for job, text in value.items()}


def _set_scrape_secret(job: str) -> str:
    return f"set it with: pulumi config set --secret --path 'monitoring:{SCRAPE_SECRETS}.{job}'"


def _alert_secrets(
    value: object,
    is_secret: Any,
    problems: list[Problem],
) -> dict[str, Secret]:
    path = (ALERT_SECRETS,)
    how = f"set it with: pulumi config set --secret --path 'monitoring:{ALERT_SECRETS}"
    known = ", ".join(alerts.SECRETS)
    if value == {}:
        return {}
    if not isinstance(value, Mapping):
        problems.append(Problem(path, f"wants secrets by name ({known}); {how}.<name>'"))
        return {}
    if not is_secret(f"monitoring:{ALERT_SECRETS}"):
        problems.append(Problem(path, f"is in clear text; {how}.<name>'"))
    for key, text in value.items():
        if key not in alerts.SECRETS:
            problems.append(Problem((*path, key), f"is not a secret of the alerts; known: {known}"))
            continue
        try:
            alerts.SECRETS[key].parse(text)
        except ValueError:
            wants = alerts.SECRETS[key].wants
            problems.append(Problem((*path, key), f"is unusable: it wants {wants}; {how}.{key}'"))
    return {key: Secret(str(text)) for key, text in value.items()}


def _contradictions(settings: Settings) -> Iterator[Problem]:
    """Find what is wrong only when settings are seen together."""
    yield from alerts.contradictions(settings)
    if settings.grafana.port == settings.prometheus.port:
        text = f"is {settings.grafana.port}, the same as monitoring:prometheus.port"
        yield Problem(("grafana", "port"), text, settings.prometheus.port + 1)
    if settings.loki.retention.seconds < _LOKI_MINIMUM_SECONDS:
        text = f"is '{settings.loki.retention}', but Loki keeps lines for at least 24h"
        yield Problem(("loki", "retention"), text, "24h")
    for label in settings.labels:
        if label in OWN_LABELS:
            yield Problem(("labels", label), "is a label that the stack itself sets; rename it")
    names = list(OWN_JOBS)
    for number, job in enumerate(settings.jobs):
        if job.name in names:
            text = f"is '{job.name}', which another job has; {', '.join(OWN_JOBS)} are the stack's"
            yield Problem(("jobs", number, "name"), text)
        names.append(job.name)
        yield from _job_contradictions(("jobs", number), job, settings)


def _job_contradictions(
    path: tuple[str | int, ...], job: Job, settings: Settings
) -> Iterator[Problem]:
    if not job.targets:
        yield Problem((*path, "targets"), "is empty, but wants at least one", ["backend:3000"])
    if (job.auth == "basic") != (job.username is not None):
        text = "goes with auth: basic, and auth: basic with it"
        yield Problem((*path, "username"), text, "prometheus")
    if job.auth != "none" and job.name not in settings.scrape_secrets:
        text = f"is '{job.auth}', but its secret is missing; {_set_scrape_secret(job.name)}"
        yield Problem((*path, "auth"), text)
    for label in job.labels:
        if label in OWN_LABELS:
            yield Problem((*path, "labels", label), "is a label that the stack itself sets")
    seen = {*OWN_LABELS, "le"}
    for name, label in zip(
        ("method", "route", "statusCode"), job.metrics.labels.values(), strict=True
    ):
        if label in seen:
            text = f"is '{label}', which means something else already"
            yield Problem((*path, "metrics", name), text)
        seen.add(label)
