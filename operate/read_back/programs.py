"""What each program says it runs with, beside what was rendered for it.

Each yields the differences, and raises MissingError or GrafanaError without an answer.
"""

from __future__ import annotations

import configparser
import html
import json
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from operate.evidence import MissingError, get
from operate.grafana_api import Grafana
from operate.read_back.differences import Difference, differences
from stack import dashboards
from stack.docker import engine
from stack.service import Service

# Promtail's image has no client for HTTP but bash.
_ASK_PROMTAIL = (
    "exec 3<>/dev/tcp/localhost/9080"
    r" && printf 'GET /config HTTP/1.0\r\n\r\n' >&3 && cat <&3"
)


def prometheus(service: Service, url: str) -> Iterator[Difference]:
    """Compare Prometheus' configuration, flags and rules."""
    wanted = _yaml(service, "/prometheus.yml")
    # Told as an absolute path; the rules themselves are compared.
    wanted.pop("rule_files")
    running = yaml.safe_load(get(f"{url}/api/v1/status/config")["yaml"])
    yield from differences("prometheus", wanted, running)
    flags = dict(word.removeprefix("--").split("=", 1) for word in service.command)
    yield from differences("prometheus", flags, get(f"{url}/api/v1/status/flags"), "flag")
    written = [yaml.safe_load(file.content) for file in service.files if "/rules/" in file.path]
    groups = {group["name"]: group["rules"] for file in written for group in file["groups"]}
    loaded = {group["name"]: group["rules"] for group in get(f"{url}/api/v1/rules")["groups"]}
    for name, rules in groups.items():
        wanted_rules = [_written_rule(rule) for rule in rules]
        running_rules = [_running_rule(rule) for rule in loaded.get(name, [])]
        for one, other in zip(wanted_rules, running_rules, strict=False):
            if _squeezed(one["expr"]) == _squeezed(other["expr"]):
                one["expr"] = other["expr"]
            elif one["name"] == other["name"]:
                one["expr"], other["expr"] = (_formatted(url, r["expr"]) for r in (one, other))
        yield from differences("prometheus", wanted_rules, running_rules, f"rules.{name}")


def _written_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    name = rule.get("alert") or rule["record"]
    expr = str(rule["expr"])
    return {"name": name, "expr": expr, "for": rule.get("for"), "labels": rule.get("labels")}


def _running_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    seconds, labels = rule.get("duration"), rule.get("labels")
    return {"name": rule["name"], "expr": rule["query"], "for": seconds, "labels": labels}


def _squeezed(expression: str) -> str:
    return "".join(expression.split())


def _formatted(url: str, expression: str) -> str:
    """Return an expression as Prometheus writes it: the same for all that mean the same."""
    query = urllib.parse.urlencode({"query": expression})
    return str(get(f"{url}/api/v1/format_query?{query}"))


def loki(service: Service, grafana: Grafana) -> Iterator[Difference]:
    """Compare Loki's configuration, which is reached through Grafana."""
    yield from differences("loki", _yaml(service, "/loki.yml"), loki_configuration(grafana))


def loki_configuration(grafana: Grafana) -> Any:
    """Return what Loki says that it runs with."""
    return yaml.safe_load(grafana.text("/api/datasources/proxy/uid/loki/config"))


def promtail(service: Service, host: str, container: str) -> Iterator[Difference]:
    """Compare Promtail's configuration, which is reached from within its container."""
    try:
        page = engine.answered(host, "exec", container, "bash", "-c", _ASK_PROMTAIL)
    except engine.EngineError as error:
        raise MissingError(str(error)) from error
    shown = re.search(r"<pre[^>]*>(.*?)</pre>", page.stdout, re.DOTALL)
    if not shown:
        raise MissingError(f"{container} does not show its configuration: {page.stderr.strip()}")
    running = yaml.safe_load(html.unescape(shown[1]))
    yield from differences("promtail", _yaml(service, "/promtail.yml"), running)


def grafana(service: Service, api: Grafana) -> Iterator[Difference]:
    """Compare Grafana's settings, data sources, dashboards and alert rules."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(_content(service, "/grafana.ini"))
    wanted = {name: dict(ini[name]) for name in ini.sections()}
    # Shown as stars.
    wanted["security"].pop("secret_key")
    yield from differences("grafana", wanted, api.ask("/api/admin/settings"))
    # In provisioning a dollar is written twice.
    sources = json.loads(json.dumps(_yaml(service, "/datasources.yml")).replace("$$", "$"))
    yield from differences(
        "grafana",
        {each.pop("uid"): {**each, "editable": None} for each in sources["datasources"]},
        {each["uid"]: each for each in api.ask("/api/datasources")},
        "datasources",
    )
    for board in boards(service):
        shown = api.ask(f"/api/dashboards/uid/{board['uid']}")["dashboard"]
        key = f"dashboards.{board['uid']}"
        yield from differences("grafana", _queries(board), _queries(shown), key)
    groups = _yaml(service, "/alerting/rules.yml")["groups"]
    yield from differences(
        "grafana",
        {rule["uid"]: _alert(rule) for group in groups for rule in group["rules"]},
        {rule["uid"]: _alert(rule) for rule in api.ask("/api/v1/provisioning/alert-rules")},
        "alerts",
    )


def boards(service: Service) -> list[dict[str, Any]]:
    """Return the dashboards among Grafana's files."""
    return [json.loads(f.content) for f in service.files if f.path.endswith(".json")]


def _queries(board: dict[str, Any]) -> dict[str, list[str]]:
    return {
        panel.get("title", ""): [target.get("expr") for target in panel.get("targets", [])]
        for panel in dashboards.panels(board)
    }


def _alert(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "expr": rule["data"][0]["model"].get("expr"),
        **{key: rule.get(key) for key in ("for", "labels", "isPaused")},
    }


def _content(service: Service, end: str) -> str:
    return next(file.content for file in service.files if file.path.endswith(end))


def _yaml(service: Service, end: str) -> Any:
    return yaml.safe_load(_content(service, end))
