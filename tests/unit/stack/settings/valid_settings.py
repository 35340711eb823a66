"""Environments drawn at random from the settings' declaration, all of them right."""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from stack.settings import contradictions, formats, patterns
from stack.settings.declaration import Setting, Shape, settings
from stack.settings.format import Format
from stack.settings.model import SERVICES, Settings

_DURATIONS = st.sampled_from(["1ms", "1s", "90s", "5m", "1h30m", "1d", "2w", "1y1ms", "100y"])
_SIZES = st.builds("{}{}".format, st.integers(1, 10**6), st.sampled_from(["KB", "MB", "GB", "TB"]))
_HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)
_IMAGES = st.from_regex(
    r"([a-z]{1,5}/)?[a-z]+(:v?[0-9][0-9.]{1,4}|@sha256:[0-9a-f]{64})", fullmatch=True
)
_SECRETS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=8, max_size=20)
_EXPRESSIONS = st.sampled_from(["shop-.*", "backend", "a|b", "[a-z]+-[0-9]?"])
# Of the formats that are more than a pattern, or whose pattern is hardly met by chance.
_DRAWN: list[tuple[Format, SearchStrategy[Any]]] = [
    (formats.TENS_OF_SECONDS, st.sampled_from(["10s", "30s", "1m", "1m50s", "120s"])),
    (formats.TARGET, st.builds("{}:{}".format, _HOSTS, st.integers(1, 65_535))),
    (formats.IMAGE, _IMAGES),
    (formats.DISK, st.sampled_from(["4GB", "5000MB", "20GB", "2TB"])),
    (formats.ADDRESS, st.ip_addresses().map(str)),
    (formats.SECRET, _SECRETS),
    (formats.PASSWORD, _SECRETS),
    (formats.LABEL_NAME, st.from_regex(r"[A-Za-z_][A-Za-z0-9]{0,5}", fullmatch=True)),
    (patterns.EXPRESSION, _EXPRESSIONS),
    (patterns.PATTERN, _EXPRESSIONS | st.sampled_from([r"sess_(\w+)", "ключ=[^ ]+", "a{1,9}"])),
]


@st.composite
def environments(draw: DrawFn) -> dict[str, Any]:
    """Draw an environment that says some of the settings, as it is written below `monitoring:`."""
    values: dict[str, Any] = draw(_group(Settings))
    _agree(values)
    _agree_on_mail(values)
    return values


@functools.cache
def _group(cls: type) -> SearchStrategy[dict[str, Any]]:
    declared = settings(cls)
    return st.fixed_dictionaries(
        {each.key: _setting(each) for each in declared if each.is_required},
        optional={each.key: _setting(each) for each in declared if not each.is_required},
    )


def _setting(setting: Setting) -> SearchStrategy[Any]:
    one = _group(setting.group) if setting.group else _value(setting.form)
    if setting.shape is Shape.LIST:
        return st.lists(one, min_size=1, max_size=3, unique_by=str)
    if setting.shape is Shape.MAPPING:
        return st.dictionaries(_value(setting.keys), one, max_size=3)
    return one


def _value(form: Format | None) -> SearchStrategy[Any]:
    assert form
    for known, drawn in _DRAWN:
        if form is known:
            return drawn
    schema = form.schema
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "number":
        return st.floats(schema.get("minimum", 1e-9), schema["maximum"])
    if "minimum" in schema:
        numbers = st.integers(schema["minimum"], schema["maximum"])
        return numbers | numbers.map(str)
    amounts = {
        formats.DURATION.schema["pattern"]: _DURATIONS,
        formats.SIZE.schema["pattern"]: _SIZES,
    }
    texts = st.from_regex(schema["pattern"], fullmatch=True)
    return amounts.get(schema["pattern"], texts).filter(lambda value: is_taken(form, value))


def is_taken(form: Format, value: str) -> bool:
    """Return whether a format takes a value."""
    try:
        form.parse(value)
    except ValueError:
        return False
    return True


def _agree(values: dict[str, Any]) -> None:
    """Change what is wrong only together."""
    own = (*SERVICES, "probes")
    jobs = {job["name"]: job for job in values.get("jobs", []) if job["name"] not in own}
    values["jobs"] = list(jobs.values())
    secrets = values.get("scrapeSecrets", {})
    values["scrapeSecrets"] = {name: secrets.get(name, "s3cret") for name in jobs}
    for job in jobs.values():
        _agree_on_job(job)
    for labels in (values.get("labels", {}), *(job.get("labels", {}) for job in jobs.values())):
        for label in (*contradictions.OWN_LABELS, "le", "quantile"):
            labels.pop(label, None)
    if "appNetworks" in values:
        values["appNetworks"] = [f"net-{name}"[:63] for name in values["appNetworks"]]
    if "disk" in values:
        values.pop("containerLogs", None)
        for group in ("prometheus", "loki", "promtail"):
            for key in ("retentionSize", "buffer"):
                values.get(group, {}).pop(key, None)
    values.get("grafana", {}).pop("port", None)
    if str(values.get("prometheus", {}).get("port")) == "3000":
        values["prometheus"]["port"] = 9090


def _agree_on_job(job: dict[str, Any]) -> None:
    if job.get("auth") == "basic":
        job.setdefault("username", "prometheus")
    else:
        job.pop("username", None)
    if job.get("replicas") in (True, "true"):
        job["scheme"] = "http"
    metrics = job.get("metrics", {})
    for name in {"method", "route", "statusCode"} & set(metrics):
        metrics[name] = f"{name}_{metrics[name]}"


def _agree_on_mail(values: dict[str, Any]) -> None:
    mail = values.get("alerts", {}).get("mail", {})
    if "to" in mail:
        mail.setdefault("host", "smtp.example.com:587")
        mail.setdefault("sender", "monitoring@example.com")
    if mail.get("user"):
        secrets = values.setdefault("alertSecrets", {})
        secrets.setdefault("smtpPassword", "s3cret")
    else:
        values.get("alertSecrets", {}).pop("smtpPassword", None)
