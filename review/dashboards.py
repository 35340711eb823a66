"""Two versions of a dashboard compared panel by panel, in the words of Grafana's pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from review.markdown import code, words

# What has no word here is told by its path.
_WORDS = {
    "title": "title",
    "description": "description",
    "gridPos": "place and size",
    "fieldConfig.defaults.unit": "unit",
    "fieldConfig.defaults.thresholds": "thresholds",
    "fieldConfig.defaults.min": "minimum",
    "fieldConfig.defaults.max": "maximum",
    "fieldConfig.overrides": "overrides",
    "datasource": "data source",
    "type": "kind of panel",
    "targets": "queries",
    "templating": "variables",
}
_NOT_COMPARED = ("panels", "version", "id", "iteration")
_LONG = 60  # characters
_MOST_NAMED = 20  # panels of a new dashboard


def difference(old: dict[str, Any] | None, new: dict[str, Any] | None) -> tuple[str, str]:
    """Return what changes in a dashboard, in full and in short; None stands for no dashboard."""
    named = new or old or {}
    title = f"**Dashboard** {_title(named)}"
    if old is None or new is None:
        state = "is removed" if new is None else "is new"
        panels = [_title(panel) for panel in _panels(named).values()]
        more = [f"{len(panels) - _MOST_NAMED} more"] if len(panels) > _MOST_NAMED else []
        listed = f": {words(panels[:_MOST_NAMED] + more)}" if panels else ""
        short = f"{title} {state}, with {len(panels)} panels"
        return short + listed, short
    lines = [*_outside_panels(old, new), *_by_panel(_panels(old), _panels(new))]
    full = "\n".join([f"{title} changes:", "", *(f"- {line}" for line in lines)])
    return full, f"{title} changes in {len(lines)} places"


def _title(dashboard_or_panel: Mapping[str, Any]) -> str:
    return code(dashboard_or_panel.get("title", ""))


def _outside_panels(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*old, *new]):
        if key not in _NOT_COMPARED:
            yield from _fields(old.get(key), new.get(key), key)


def _by_panel(old: Mapping[object, Any], new: Mapping[object, Any]) -> Iterator[str]:
    for key, panel in new.items():
        name = _title(panel)
        if key not in old:
            yield f"panel {name} is **added**: {_what(panel)}"
        elif fields := list(_fields(_own(old[key]), _own(panel), "")):
            yield f"panel {_title(old[key])}: {'; '.join(fields)}"
    for key, panel in old.items():
        if key not in new:
            yield f"panel {_title(panel)} is **removed**"


def _panels(dashboard: Mapping[str, Any]) -> dict[object, dict[str, Any]]:
    """Return all panels, rows and what is in them too, by id; by title where they have none."""
    found: dict[object, dict[str, Any]] = {}
    for panel in dashboard.get("panels", []):
        for each in (panel, *panel.get("panels", [])):
            found[each.get("id", each.get("title"))] = each
    return found


def _own(panel: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is in a row: these are panels of their own."""
    return {key: value for key, value in panel.items() if key != "panels"}


def _what(panel: Mapping[str, Any]) -> str:
    queries = [code(q["expr"]) for q in panel.get("targets", []) if q.get("expr")]
    return f"{panel.get('type')}" + (f" of {words(queries)}" if queries else "")


def _fields(old: Any, new: Any, path: str) -> Iterator[str]:
    """Say what differs: by its word where there is one, else field by field."""
    if old == new:
        return
    word = _WORDS.get(path)
    if word in ("place and size", "variables", "overrides"):
        yield f"{word} change"
    elif path.endswith("thresholds"):
        yield f"{word} {code(_thresholds(old))} → {code(_thresholds(new))}"
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _fields(old.get(key), new.get(key), f"{path}.{key}".removeprefix("."))
    elif path.endswith("targets") and isinstance(old, list) and isinstance(new, list):
        yield from _queries(*({q.get("refId"): q for q in queries} for queries in (old, new)))
    else:
        yield f"{word or code(path)}{_both(old, new)}"


def _queries(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key, {}), new.get(key, {})
        asked = [query.get("expr") for query in (before, after)]
        if not after:
            yield f"query {code(key)} is removed"
        elif not before:
            yield f"query {code(key)} is added: {_value(asked[1])}"
        elif asked[0] != asked[1]:
            yield f"query {code(key)}{_both(*asked)}"
        if before and after and {**before, "expr": ""} != {**after, "expr": ""}:
            yield f"options of query {code(key)} change"


def _thresholds(value: Any) -> str:
    """Return `green, red from 0.05`; the first step has no value."""
    steps = value.get("steps", []) if isinstance(value, dict) else []
    return ", ".join(
        f"{step.get('color')}" + ("" if step.get("value") is None else f" from {step['value']}")
        for step in steps
    )


def _both(old: Any, new: Any) -> str:
    """Return two values to stand behind a word, on lines of their own where they are long."""
    before, after = _value(old), _value(new)
    if max(len(before), len(after)) > _LONG:
        return f"\n  {before} →\n  {after}"
    return f" {before} → {after}"


def _value(value: Any) -> str:
    if value is None:
        return "none"
    return code(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
