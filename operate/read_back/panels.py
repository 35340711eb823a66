"""Asks the queries of a dashboard's panels, as its page does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from operate.evidence import MissingError
from operate.grafana_api import Grafana, GrafanaError
from stack import dashboards

_SHOWN_SECONDS = 900
_AT_ONCE = 8
_TOLD = 3


def answer(grafana: Grafana, boards: Iterable[dict[str, Any]]) -> str:
    """Ask all panels of dashboards. Raises MissingError with those whose queries fail."""
    asked = [(board, panel) for board in boards for panel in dashboards.panels(board)]
    asked = [(board, panel) for board, panel in asked if _expressions(panel)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        errors = [error for error in pool.map(lambda one: _error(grafana, *one), asked) if error]
    if errors:
        more = f"; and {len(errors) - _TOLD} more" if len(errors) > _TOLD else ""
        raise MissingError("; ".join(errors[:_TOLD]) + more)
    return f"{len(asked)} panels"


def values(dashboard: Mapping[str, Any]) -> dict[str, str]:
    """Return each variable's value as it goes into a query while nothing is chosen."""
    variables = dashboard.get("templating", {}).get("list", [])
    return {v["name"]: v.get("allValue") or "" for v in variables}


def queries(panel: Mapping[str, Any], chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a panel's queries with the values of the variables."""
    return [
        {
            **target,
            "expr": substituted(target["expr"], chosen),
            "intervalMs": 5_000,
            "maxDataPoints": 600,
        }
        for target in _expressions(panel)
    ]


def substituted(text: str, chosen: Mapping[str, str]) -> str:
    """Put the values of variables into a text; Grafana's own (`$__…`) are left to it."""
    return re.sub(r"\$(?!__)(\w+)", lambda match: chosen.get(match[1], match[0]), text)


def _expressions(panel: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [target for target in panel.get("targets", []) if "expr" in target]


def _error(grafana: Grafana, board: Mapping[str, Any], panel: Mapping[str, Any]) -> str:
    try:
        results = grafana.results(queries(panel, values(board)), _SHOWN_SECONDS)
    except GrafanaError as error:
        if error.code is None:
            raise
        return f"{board['title']}, {panel.get('title')}: {error}"
    errors = [found["error"] for found in results.values() if found.get("error")]
    return f"{board['title']}, {panel.get('title')}: {errors[0]}" if errors else ""
