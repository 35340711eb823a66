"""The dashboards, `configs/<service>/dashboards`: refused where Grafana would not load them.

Grafana itself skips a file that it cannot read, and of two dashboards with one uid shows either;
it tells so in its log only. `python -m stack.dashboards` prints what each panel answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from stack.configs import FileError, load_json, load_yaml, names
from stack.settings.model import SERVICES

_FOLDER = "dashboards"
PROVIDERS = "grafana/provisioning/dashboards/dashboards.yml"
# What Grafana accepts (pkg/util/shortid_generator.go).
_UID = r"[A-Za-z0-9_-]{1,40}"


def load(services: Iterable[str] = SERVICES) -> dict[str, dict[str, Any]]:
    """Load the dashboards of these services by the files' names below `configs/`.

    Raises FileError for the first that Grafana would not show.
    """
    # Grafana has one space of uids for folders and dashboards, and one of titles.
    taken: dict[tuple[str, str], str] = {}
    for provider in load_yaml(PROVIDERS)["providers"]:
        taken["uid", provider["folderUid"]] = taken["title", provider["folder"]] = PROVIDERS
    found: dict[str, dict[str, Any]] = {}
    files = (name for service in services for name in names(f"{service}/{_FOLDER}", ".json"))
    for name in files:
        dashboard = load_json(name)
        _check(name, dashboard)
        for key in ("uid", "title"):
            other = taken.setdefault((key, dashboard[key]), name)
            if other != name:
                problem = f"it is '{dashboard[key]}', as in configs/{other}; choose another"
                raise FileError(name, key, problem)
        found[name] = dashboard
    return found


def _check(name: str, dashboard: object) -> None:
    if not isinstance(dashboard, dict):
        raise FileError(name, "line 1", "a dashboard is an object: { … }")
    if "spec" in dashboard:
        problem = "files are read in the classic form; export it from Grafana as 'Classic'"
        raise FileError(name, "spec", problem)
    if "__inputs" in dashboard:
        problem = "export it without 'for sharing externally', with the data sources' uids"
        raise FileError(name, "__inputs", problem)
    if not re.fullmatch(_UID, str(dashboard.get("uid") or "")):
        raise FileError(name, "uid", "must be 1 to 40 letters, digits, '-' or '_'")
    if not dashboard.get("title"):
        raise FileError(name, "title", "is missing")
    if not isinstance(dashboard.get("panels"), list):
        raise FileError(name, "panels", "must be a list")


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the panels that show something: those of closed rows too, the rows themselves not."""
    for panel in dashboard["panels"]:
        yield from panel.get("panels", [])
        if panel["type"] != "row":
            yield panel


def table() -> str:
    """Return a Markdown section for each dashboard."""
    return "\n".join(section(dashboard) for dashboard in load().values())


def section(dashboard: dict[str, Any]) -> str:
    """Return a Markdown section: what a dashboard and each of its panels answers."""
    rows = [
        f"| {panel.get('title', '')} | {panel.get('description', '')} |"
        for panel in panels(dashboard)
    ]
    head = [f"## {dashboard['title']}", "", dashboard.get("description", ""), ""]
    return "\n".join([*head, "| panel | what it answers |", "| --- | --- |", *rows, ""])


if __name__ == "__main__":
    print(table(), end="")
