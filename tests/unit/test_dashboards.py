from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from stack import dashboards
from tests.unit.dashboard_rules import BOARDS, RULES
from tests.unit.test_settings import ROOT

LOADED = {board["uid"]: board for board in dashboards.load().values()}
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


def test_there_is_one_dashboard_for_each_question() -> None:
    assert set(LOADED) == set(BOARDS)
    for name, board in dashboards.load().items():
        assert name == f"grafana/dashboards/{board['uid']}.json"


@pytest.mark.parametrize("uid", BOARDS)
@pytest.mark.parametrize("rule", RULES)
def test_each_dashboard_keeps_each_rule(rule: str, uid: str) -> None:
    assert list(RULES[rule](LOADED[uid])) == []


@pytest.mark.parametrize(("rule", "breach"), BREACHES)
def test_each_rule_notices_a_breach(rule: str, breach: Break) -> None:
    board = copy.deepcopy(LOADED["application"])
    breach(board)
    assert list(RULES[rule](board))


def test_no_rule_is_left_without_a_breach() -> None:
    assert {rule for rule, _ in BREACHES} == set(RULES)


def test_the_documentation_tells_what_each_panel_answers() -> None:
    assert dashboards.table() in (ROOT / "docs" / "dashboards.md").read_text(encoding="utf-8")


def test_every_panel_of_lines_writes_them_alike_and_keeps_them_as_they_are_beside() -> None:
    written = {
        target["expr"].partition(" | label_format ")[2]
        for board in LOADED.values()
        for shown in dashboards.panels(board)
        if shown["type"] == "logs"
        for target in shown["targets"]
    }
    [one] = written
    assert one.startswith("raw=`{{ __line__ }}` | line_format `")
