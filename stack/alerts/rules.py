"""The rules for Prometheus: the files `configs/<service>/rules/` with the settings' values.

Those of a service that is off are left out; those in `configs/prometheus/` concern all.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

from stack.configs import FileError, dump_yaml, load_yaml, names
from stack.settings import declaration
from stack.settings.alerts import Thresholds
from stack.settings.formats import DURATION
from stack.settings.model import Settings
from stack.settings.values import Duration

FOLDER = "rules"
_THRESHOLDS = "prometheus/rules/thresholds.yml"
_PREFIX = "alert_threshold:"
_LOG_CONTAINERS = "job:log_containers"
_ANY = ".+"
_RUNBOOKS = "docs/runbooks"
_SEVERITIES = ("critical", "warning", "none")
# What both Prometheus and Grafana understand.
_KEYS = ("alert", "expr", "for", "labels", "annotations")
_ANNOTATIONS = ("summary", "description", "runbook_url")
# Also the rule's uid in Grafana, which may have 40 characters.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,39}")

Rule = dict[str, Any]


def load(settings: Settings) -> dict[str, Any]:
    """Return each rule file's content by its name below `configs/`.

    Raises FileError with the file, the group and the alert where a rule cannot be used. PromQL
    itself is not read here; `stack.docker.promtool` lets Prometheus' own checker do that.
    """
    folders = (f"{service}/{FOLDER}" for service in settings.services)
    contents = {name: load_yaml(name) for folder in folders for name in names(folder, ".yml")}
    seen: set[str] = set()
    for name, content in contents.items():
        for place, rule in _alerts_with_place(name, content):
            _check(name, place, rule, seen)
            adapt(rule, settings)
    _set_thresholds(contents[_THRESHOLDS], settings)
    _declare(contents[_THRESHOLDS], settings)
    return contents


def as_one_text(settings: Settings) -> str:
    """Return all groups of all files as one YAML text, for a checker that reads only one."""
    groups = [group for content in load(settings).values() for group in content["groups"]]
    return dump_yaml({"groups": groups})


def alerts(contents: dict[str, Any]) -> Iterator[tuple[str, list[Rule]]]:
    """Return each group that has alerts: its name, and these."""
    for content in contents.values():
        for group in content["groups"]:
            found = [rule for rule in group["rules"] if "alert" in rule]
            if found:
                yield group["name"], found


def _alerts_with_place(name: str, content: Any) -> Iterator[tuple[str, Rule]]:
    if not isinstance(content, dict) or not isinstance(content.get("groups"), list):
        raise FileError(name, "the top level", "it must have a list `groups`")
    for number, group in enumerate(content["groups"], 1):
        if not isinstance(group, dict) or not group.get("name"):
            raise FileError(name, f"group {number}", "it has no name")
        if not isinstance(group.get("rules"), list):
            raise FileError(name, f"group {group['name']}", "it has no list `rules`")
        for count, rule in enumerate(group["rules"], 1):
            place = f"group {group['name']}, rule {count}"
            if not isinstance(rule, dict) or ("alert" in rule) == ("record" in rule):
                raise FileError(name, place, "it must have either `alert` or `record`")
            if "alert" in rule:
                yield f"{place} ({rule['alert']})", rule


def _check(name: str, place: str, rule: Rule, seen: set[str]) -> None:
    title = rule["alert"]
    if not isinstance(title, str) or not _NAME.fullmatch(title):
        raise FileError(name, place, "its name must be 1 to 40 letters and digits")
    if title in seen:
        raise FileError(name, place, "another alert has this name")
    seen.add(title)
    for key in rule:
        if key not in _KEYS:
            raise FileError(name, place, f"'{key}' is not among {', '.join(_KEYS)}")
    if not isinstance(rule.get("expr"), str):
        raise FileError(name, place, "it has no `expr`")
    try:
        DURATION.parse(rule.get("for", "1s"))
    except ValueError as error:
        raise FileError(name, place, f"`for` is {rule['for']!r}, not a duration") from error
    severity = (rule.get("labels") or {}).get("severity")
    if severity not in _SEVERITIES:
        must = f"the label `severity` must be one of {', '.join(_SEVERITIES)}"
        raise FileError(name, place, f"{must}, not {severity!r}")
    for annotation in _ANNOTATIONS:
        if not (rule.get("annotations") or {}).get(annotation):
            raise FileError(name, place, f"it has no annotation `{annotation}`")


def adapt(rule: Rule, settings: Settings) -> None:
    """Set what the settings say of every alert: how long it waits, and where its runbook is."""
    if "for" in rule:
        wait: Duration = DURATION.parse(rule["for"])
        rule["for"] = f"{round(wait.seconds * settings.alerts.pending_factor)}s"
    base = settings.alerts.runbooks.rstrip("/")
    if base:
        annotations = rule["annotations"]
        annotations["runbook_url"] = annotations["runbook_url"].replace(_RUNBOOKS, base, 1)


def _set_thresholds(content: Any, settings: Settings) -> None:
    """Set each threshold by its name; raises FileError where file and settings differ in one."""
    thresholds = settings.alerts.thresholds
    wanted = {f"{_PREFIX}{field.name}": field.name for field in declaration.settings(Thresholds)}
    rules = {rule["record"]: rule for rule in _rules(content, lambda r: r.startswith(_PREFIX))}
    for record in sorted(wanted.keys() ^ rules.keys()):
        problem = "is a setting and no rule" if record in wanted else "is a rule and no setting"
        raise FileError(_THRESHOLDS, "", f"{record} {problem}")
    for record, field in wanted.items():
        value = getattr(thresholds, field)
        number = value.seconds if isinstance(value, Duration) else value
        rules[record]["expr"] = f"vector({number:g})"


def _declare(content: Any, settings: Settings) -> None:
    """Make one rule of each job, container and memory limit, on the model of the file's."""
    limits = {name: f"vector({own.memory.bytes})" for name, own in settings.services.items()}
    jobs = dict.fromkeys((job.name for job in settings.jobs), "vector(1)")
    containers = dict.fromkeys(settings.alerts.containers, "vector(1)")
    [model] = _rules(content, lambda record: record == _LOG_CONTAINERS)
    lines = {job.name: model["expr"].replace(_ANY, job.log_containers) for job in settings.jobs}
    _multiply(content, "alert_declared:job", jobs)
    _multiply(content, _LOG_CONTAINERS, lines)
    _multiply(content, "alert_declared:container", containers)
    _multiply(content, "service_memory_limit_bytes", limits)


def _multiply(content: Any, record: str, expressions: dict[str, str]) -> None:
    for group in content["groups"]:
        for model in [rule for rule in group["rules"] if rule.get("record") == record]:
            at = group["rules"].index(model)
            [label] = model["labels"]
            made = []
            for name, expression in expressions.items():
                rule = copy.deepcopy(model)
                made.append({**rule, "expr": expression, "labels": {label: name}})
            group["rules"][at : at + 1] = made


def _rules(content: Any, is_wanted: Callable[[str], bool]) -> Iterator[Rule]:
    for group in content["groups"]:
        yield from (rule for rule in group["rules"] if is_wanted(rule.get("record", "")))
