"""The settings that are always encrypted: a password, and the jobs' and the alerts' secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stack import alerts
from stack.reading import Problem
from stack.values import Secret

PASSWORD = "grafanaAdminPassword"  # noqa: S105 - the name of the key
SCRAPE_SECRETS = "scrapeSecrets"
ALERT_SECRETS = "alertSecrets"
KEYS = (PASSWORD, SCRAPE_SECRETS, ALERT_SECRETS)

_SHORTEST_PASSWORD = 8


def read(values: Mapping[str, Any], is_secret: Any, problems: list[Problem]) -> dict[str, Any]:
    """Read them out of the values below `monitoring:` into arguments of `Settings`."""
    return {
        "grafana_admin_password": _password(values.get(PASSWORD), is_secret, problems),
        "scrape_secrets": _scrape_secrets(values.get(SCRAPE_SECRETS, {}), is_secret, problems),
        "alert_secrets": _alert_secrets(values.get(ALERT_SECRETS, {}), is_secret, problems),
    }


def set_scrape_secret(job: str) -> str:
    """Say how the secret of a job is set."""
    key = Problem((SCRAPE_SECRETS, job), "").key
    return f"set it with: pulumi config set --secret --path '{key}'"


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
        problems.append(Problem(path, f"wants a secret per job; {set_scrape_secret('<job>')}"))
        return {}
    if not is_secret(f"monitoring:{SCRAPE_SECRETS}"):
        problems.append(Problem(path, f"is in clear text; {set_scrape_secret('<job>')}"))
    for job, text in value.items():
        if not isinstance(text, str) or not text or text != text.strip() or not text.isprintable():
            wants = "a text without spaces or breaks at its ends"
            problems.append(
                Problem((*path, job), f"is unusable: it wants {wants}; {set_scrape_secret(job)}")
            )
    return {job: Secret(str(text)) for job, text in value.items()}


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
