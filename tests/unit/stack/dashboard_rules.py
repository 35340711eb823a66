"""What every dashboard keeps, as rules: each gives the breaches that it finds in one dashboard."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stack.dashboards import panels

Dashboard = Mapping[str, Any]
Rule = Callable[[Dashboard], Iterator[str]]

BOARDS = ("application", "nodejs", "logs", "monitoring")
SHARED = ("job", "instance", "container")
SOURCES = {kind: {"type": kind, "uid": kind} for kind in ("prometheus", "loki")}
# Every one has few values on any system. A path, an address, an id or a user would not.
BOUNDED = {
    *(
        "job",
        "part_of",
        "instance",
        "route",
        "method",
        "status_code",
        "le",
        "kind",
        "type",
        "space",
    ),
    *("version", "container", "service", "level", "reason", "handler", "status"),
    *("alertname", "alertstate"),
}
WITH_UNIT = ("stat", "timeseries", "table")
COUNTER = r"\b[a-z_:]+_(?:total|sum|count|bucket)\b"


def targets(dashboard: Dashboard) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Return every query with its panel."""
    for panel in panels(dict(dashboard)):
        for target in panel["targets"]:
            yield panel, target


def question(target: Mapping[str, Any]) -> str:
    """Return a query without how the lines that it finds are written."""
    return str(target["expr"]).partition(" | label_format ")[0]


def is_read_only(dashboard: Dashboard) -> Iterator[str]:
    """A dashboard from a file cannot be saved in Grafana, and has no number of a database."""
    if dashboard["editable"] is not False:
        yield "editable is not false"
    if "id" in dashboard:
        yield "has an id"


def has_fixed_sources(dashboard: Dashboard) -> Iterator[str]:
    """A data source is named by the uid under which the stack provisions it."""
    asked = [
        *panels(dict(dashboard)),
        *(target for _, target in targets(dashboard)),
        *(v for v in dashboard["templating"]["list"] if v["type"] == "query"),
    ]
    for each in asked:
        if each.get("datasource") not in SOURCES.values():
            yield f"{each.get('title') or each.get('name') or each['expr']}: no fixed source"
    for panel, target in targets(dashboard):
        if target.get("datasource") != panel["datasource"]:
            yield f"{panel['title']}: asks another source than the panel's"


def says_what_it_shows(dashboard: Dashboard) -> Iterator[str]:
    """Dashboard, panel and variable say in a sentence what they answer."""
    shown = [dashboard, *panels(dict(dashboard)), *dashboard["templating"]["list"]]
    for each in shown:
        name = each.get("title") or each.get("label")
        if not name or not str(each.get("description", "")).endswith((".", "?")):
            yield f"{name}: no title, or no description in a sentence"
    titles = [panel["title"] for panel in panels(dict(dashboard))]
    yield from (f"{title}: a title used twice" for title in titles if titles.count(title) > 1)


def shows_its_titles_whole(dashboard: Dashboard) -> Iterator[str]:
    """A title has room beside the description's sign, on a page of 1400 pixels with a side bar."""
    for panel in panels(dict(dashboard)):
        narrow = len(re.findall(r"[ ,.'fijlrt]", panel["title"]))
        if len(panel["title"]) - narrow / 2 > 5 * panel["gridPos"]["w"] - 12:
            yield f"{panel['title']}: cut at this width"


def has_units_and_thresholds(dashboard: Dashboard) -> Iterator[str]:
    """A number has a unit, and colours that ascend from the first one, which has no value."""
    for panel in panels(dict(dashboard)):
        if panel["type"] in WITH_UNIT:
            defaults = panel["fieldConfig"]["defaults"]
            if not defaults.get("unit"):
                yield f"{panel['title']}: no unit"
            values = [step["value"] for step in defaults.get("thresholds", {}).get("steps", [])]
            if not values or values[0] is not None or values[1:] != sorted(values[1:]):
                yield f"{panel['title']}: thresholds {values}"


def looks_back_far_enough(dashboard: Dashboard) -> Iterator[str]:
    """A range follows the scrape interval, the step, or the shown time; rare things have 1h."""
    for panel, target in targets(dashboard):
        source = target["datasource"]["type"]
        if source == "loki":
            good = {"$__range"} if target["queryType"] == "instant" else {"$__interval"}
        else:
            good = {"$__range", "$__rate_interval"} if target.get("instant") else set()
            good |= {"$__rate_interval", "1h"}
        for found in re.findall(r"\[([^\]]+)\]", question(target)):
            if found not in good:
                yield f"{panel['title']}: looks back [{found}]"


def takes_rates_of_counters(dashboard: Dashboard) -> Iterator[str]:
    """What only grows is shown as its growth."""
    for panel, target in targets(dashboard):
        if target["datasource"]["type"] == "prometheus":
            for match in re.finditer(COUNTER, target["expr"]):
                if not re.search(r"\b(rate|increase)\($", target["expr"][: match.start()]):
                    yield f"{panel['title']}: {match[0]} without rate() or increase()"


def asks_by_bounded_labels(dashboard: Dashboard) -> Iterator[str]:
    """A label with ever new values would draw ever new lines."""
    for panel, target in targets(dashboard):
        text = f"{question(target)} {target.get('legendFormat', '')}"
        grouped = re.findall(r"\b(?:by|on|without|group_left)\s*\(([^)]*)\)", text)
        names = {name.strip() for group in grouped for name in group.split(",") if name.strip()}
        names |= set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*["`]', text))
        names |= set(re.findall(r"\{\{\s*(\w+)\s*\}\}", text))
        yield from (f"{panel['title']}: label {name}" for name in sorted(names - BOUNDED))


def names_its_lines(dashboard: Dashboard) -> Iterator[str]:
    """A graph has a legend, each line a name; beside the graph the legend has a width."""
    for panel in panels(dict(dashboard)):
        if panel["type"] == "timeseries":
            legend = panel["options"]["legend"]
            beside = legend["placement"] == "right"
            if not legend["showLegend"] or (beside and "width" not in legend):
                yield f"{panel['title']}: no legend, or one without a width"
            if any(t.get("legendFormat", "__auto") == "__auto" for t in panel["targets"]):
                yield f"{panel['title']}: a query without legendFormat"


def shows_a_zero(dashboard: Dashboard) -> Iterator[str]:
    """Where a number or a list can be empty on a healthy system, it says 0 or what is absent."""
    for panel in panels(dict(dashboard)):
        zero = all("vector(0)" in target["expr"] for target in panel["targets"])
        absent = panel["fieldConfig"]["defaults"].get("noValue")
        if panel["type"] in ("stat", "table", "logs") and not (zero or absent):
            yield f"{panel['title']}: neither a zero nor noValue"


def has_ids_of_its_own(dashboard: Dashboard) -> Iterator[str]:
    """No two panels, rows included, have one id; no two queries of a panel one letter."""
    ids = [panel["id"] for panel in dashboard["panels"]]
    yield from (f"id {number} twice" for number in ids if ids.count(number) > 1)
    for panel in panels(dict(dashboard)):
        letters = [target["refId"] for target in panel["targets"]]
        if len(set(letters)) < len(letters):
            yield f"{panel['title']}: refIds {letters}"


def fills_the_page(dashboard: Dashboard) -> Iterator[str]:
    """Panels lie side by side: none over another, no hole, none beyond the 24 columns."""
    cells: dict[tuple[int, int], str] = {}
    for panel in dashboard["panels"]:
        grid = panel["gridPos"]
        columns = range(grid["x"], grid["x"] + grid["w"])
        for cell in itertools.product(columns, range(grid["y"], grid["y"] + grid["h"])):
            if cell in cells or cell[0] >= 24:
                yield f"{panel['title']}: lies over {cells.get(cell, 'the edge')}"
                break
            cells[cell] = panel["title"]
    height = max(y for _, y in cells) + 1
    holes = [cell for cell in itertools.product(range(24), range(height)) if cell not in cells]
    yield from (f"a hole at column {x}, line {y}" for x, y in holes[:1])


def leads_to_the_others(dashboard: Dashboard) -> Iterator[str]:
    """One click leads to every other dashboard, and keeps the time and the variables."""
    others = {f"/d/{uid}" for uid in BOARDS if uid != dashboard["uid"]}
    kept = {link["url"] for link in dashboard["links"] if link["keepTime"] and link["includeVars"]}
    if kept != others:
        yield f"links that keep everything: {kept}, not {others}"
    for url in re.findall(
        r"'url': '([^']*)'", str([p["fieldConfig"] for p in panels(dict(dashboard))])
    ):
        time = "from=${__from}&to=${__to}" in url and "${job:queryparam}" in url
        board = re.match(r"/d/(\w+)\?", url)
        if not url.startswith("/alerting/") and not (time and board and board[1] in BOARDS):
            yield f"{url}: leads nowhere, or loses the time or the job"


def knows_its_variables(dashboard: Dashboard) -> Iterator[str]:
    """All share job, instance and container; what a query names is there, and follows the time."""
    known = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    yield from (f"no variable {name}" for name in SHARED if name not in known)
    for panel, target in targets(dashboard):
        used = set(re.findall(r"\$(?!__)(\w+)", target["expr"]))
        yield from (f"{panel['title']}: unknown ${name}" for name in sorted(used - set(known)))
    for name, variable in known.items():
        if variable["type"] == "query" and variable["refresh"] != 2:
            yield f"{name}: does not follow the time range"


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        *(is_read_only, has_fixed_sources, says_what_it_shows, shows_its_titles_whole),
        *(has_units_and_thresholds, looks_back_far_enough, takes_rates_of_counters),
        *(asks_by_bounded_labels, names_its_lines, shows_a_zero, has_ids_of_its_own),
        *(fills_the_page, leads_to_the_others, knows_its_variables),
    )
}
