from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from bootstrap.paths import ROOT
from stack import dashboards
from tests.unit.stack.dashboard_rules import BOARDS, RULES

FILES = {board["uid"]: name for name, board in dashboards.load().items()}
LOADED = {board["uid"]: board for board in dashboards.load().values()}
# Of a dashboard of one's own nothing is asked but that Grafana shows it.
OURS = {uid: LOADED[uid] for uid in BOARDS}
Break = Callable[[dict[str, Any]], object]


def panel(board: dict[str, Any], kind: str = "timeseries") -> Any:
    return next(p for p in dashboards.panels(board) if p["type"] == kind)


def ask(expr: str, kind: str = "timeseries") -> Break:
    return lambda board: panel(board, kind)["targets"][0].update(expr=expr)


def defaults(kind: str = "timeseries", **changes: Any) -> Break:
    return lambda board: panel(board, kind)["fieldConfig"]["defaults"].update(changes)


# A way to break each rule that a person may take.
BREACHES: list[tuple[str, Break]] = [
    ("is_read_only", lambda board: board.update(editable=True)),
    ("is_read_only", lambda board: board.update(id=7)),
    ("has_fixed_sources", lambda b: panel(b).update(datasource={"uid": "${DS_PROMETHEUS}"})),
    ("has_fixed_sources", lambda b: panel(b)["targets"][0].pop("datasource")),
    ("has_fixed_sources", lambda b: b["templating"]["list"][0].pop("datasource")),
    ("says_what_it_shows", lambda board: panel(board).pop("description")),
    ("says_what_it_shows", lambda board: panel(board).update(title="")),
    ("says_what_it_shows", lambda board: panel(board).update(title=panel(board, "stat")["title"])),
    ("shows_its_titles_whole", lambda board: panel(board, "stat").update(title="Is it up?")),
    ("has_units_and_thresholds", defaults(unit="")),
    ("has_units_and_thresholds", defaults(thresholds={"steps": [{"color": "red", "value": 1}]})),
    ("looks_back_far_enough", ask("sum(rate(a_total[5m]))")),
    ("looks_back_far_enough", ask("sum(rate(a_total[$__range]))")),
    ("takes_rates_of_counters", ask("sum(http_requests_total)")),
    ("takes_rates_of_counters", ask("max(max_over_time(a_seconds_count[$__range]))")),
    ("asks_by_bounded_labels", ask("sum by (route, path) (up)")),
    ("asks_by_bounded_labels", ask('up{user_id="1"}')),
    ("names_its_lines", lambda b: panel(b)["targets"][0].update(legendFormat="__auto")),
    ("names_its_lines", lambda b: panel(b)["options"]["legend"].update(showLegend=False)),
    ("shows_a_zero", defaults("stat", noValue="")),
    ("has_ids_of_its_own", lambda b: panel(b).update(id=b["panels"][0]["id"])),
    ("has_ids_of_its_own", lambda b: panel(b)["targets"].append(panel(b)["targets"][0])),
    ("fills_the_page", lambda b: panel(b)["gridPos"].update(y=0)),
    ("fills_the_page", lambda b: panel(b)["gridPos"].update(x=23)),
    ("fills_the_page", lambda b: b["panels"].remove(panel(b))),
    ("leads_to_the_others", lambda board: board["links"].pop()),
    ("leads_to_the_others", lambda board: board["links"][0].update(keepTime=False)),
    ("leads_to_the_others", defaults(links=[{"title": "Logs", "url": "/d/logs"}])),
    ("knows_its_variables", lambda board: board["templating"]["list"].pop(0)),
    ("knows_its_variables", ask('up{job="$jobs"}')),
    ("knows_its_variables", lambda board: board["templating"]["list"][0].update(refresh=1)),
]


@pytest.mark.parametrize("uid", BOARDS)
def test_a_dashboards_file_is_named_after_its_uid(uid: str) -> None:
    assert FILES[uid] == f"grafana/dashboards/{uid}.json"


@pytest.mark.parametrize("uid", BOARDS)
@pytest.mark.parametrize("rule", RULES)
def test_each_dashboard_keeps_each_rule(rule: str, uid: str) -> None:
    assert list(RULES[rule](OURS[uid])) == []


@pytest.mark.parametrize(("rule", "breach"), BREACHES)
def test_each_rule_notices_a_breach(rule: str, breach: Break) -> None:
    board = copy.deepcopy(OURS["application"])
    breach(board)
    assert list(RULES[rule](board))


def test_no_rule_is_left_without_a_breach() -> None:
    assert {rule for rule, _ in BREACHES} == set(RULES)


@pytest.mark.parametrize("uid", BOARDS)
def test_the_documentation_tells_what_each_panel_answers(uid: str) -> None:
    assert dashboards.section(OURS[uid]) in (ROOT / "docs" / "dashboards.md").read_text(
        encoding="utf-8"
    )


def test_the_panels_of_a_closed_row_are_panels_too_and_the_row_is_none() -> None:
    row = {"type": "row", "panels": [{"type": "stat", "title": "Inside"}]}
    board = {"panels": [row, {"type": "row"}, {"type": "stat", "title": "Outside"}]}
    assert [each["title"] for each in dashboards.panels(board)] == ["Inside", "Outside"]


def test_a_dashboard_of_ones_own_needs_no_descriptions_to_be_listed() -> None:
    mine = {"title": "Mine", "panels": [{"type": "row"}, {"type": "stat", "title": "Up"}]}
    assert dashboards.section(mine) == (
        "## Mine\n\n\n\n| panel | what it answers |\n| --- | --- |\n| Up |  |\n"
    )


def test_every_panel_of_lines_writes_them_alike_and_keeps_them_as_they_are_beside() -> None:
    written = {
        target["expr"].partition(" | label_format ")[2]
        for board in OURS.values()
        for shown in dashboards.panels(board)
        if shown["type"] == "logs"
        for target in shown["targets"]
    }
    [one] = written
    assert one.startswith("raw=`{{ __line__ }}` | line_format `")
