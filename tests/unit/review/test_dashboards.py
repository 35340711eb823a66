from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from review.dashboards import difference

STEPS = [{"color": "green", "value": None}, {"color": "red", "value": 0.05}]
PANEL = {
    "id": 1,
    "type": "stat",
    "title": "Error ratio",
    "gridPos": {"h": 4, "w": 4, "x": 0, "y": 0},
    "fieldConfig": {"defaults": {"unit": "percentunit", "thresholds": {"steps": STEPS}}},
    "options": {"legend": {"calcs": ["mean"]}},
    "targets": [{"refId": "A", "expr": "sum(errors)", "instant": True}],
}
ROW = {
    "id": 9,
    "type": "row",
    "title": "More",
    "panels": [{"id": 2, "type": "stat", "title": "Inner"}],
}
DASHBOARD = {"title": "App", "time": {"from": "now-1h"}, "version": 1, "panels": [PANEL, ROW]}

Change = Callable[[Any], object]


def after(change: Change) -> list[str]:
    """Return the lines that tell a change of the dashboard and its first panel."""
    new = copy.deepcopy(DASHBOARD)
    change(new)
    text, _ = difference(DASHBOARD, new)
    head, empty, *lines = text.splitlines()
    assert (head, empty) == ("**Dashboard** `App` changes:", "")
    return lines


def _panel(**by: Any) -> Change:
    return lambda new: new["panels"][0].update(by)


def _defaults(**by: Any) -> Change:
    return lambda new: new["panels"][0]["fieldConfig"]["defaults"].update(by)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_panel(title="Errors"), "title `Error ratio` → `Errors`"),
        (_panel(type="gauge"), "kind of panel `stat` → `gauge`"),
        (_panel(gridPos={"h": 9}), "place and size change"),
        (_defaults(unit="short"), "unit `percentunit` → `short`"),
        (_defaults(min=0), "minimum none → `0`"),
        (
            _defaults(thresholds={"steps": [STEPS[0], {"color": "red", "value": 0.1}]}),
            "thresholds `green, red from 0.05` → `green, red from 0.1`",
        ),
        (
            _panel(targets=[{"refId": "A", "expr": "sum(all)", "instant": True}]),
            "query `A` `sum(errors)` → `sum(all)`",
        ),
        (
            _panel(targets=[{"refId": "A", "expr": "sum(errors)", "instant": False}]),
            "options of query `A` change",
        ),
        (
            _panel(targets=[*PANEL["targets"], {"refId": "B", "expr": "up"}]),  # type: ignore[misc]
            "query `B` is added: `up`",
        ),
        (_panel(targets=[]), "query `A` is removed"),
        (_panel(options={"legend": {"calcs": []}}), '`options.legend.calcs` `["mean"]` → `[]`'),
        (_panel(options=None), '`options` `{"legend": {"calcs": ["mean"]}}` → none'),
        (
            _panel(options={"legend": {"calcs": ["µs"]}}),
            '`options.legend.calcs` `["mean"]` → `["µs"]`',
        ),
        (
            _panel(title="Errors", type="gauge"),
            "kind of panel `stat` → `gauge`; title `Error ratio` → `Errors`",
        ),
        (
            _panel(fieldConfig={**PANEL["fieldConfig"], "overrides": [{"matcher": {}}]}),  # type: ignore[dict-item]
            "overrides change",
        ),
        (_defaults(thresholds={"mode": "absolute"}), "thresholds `green, red from 0.05` → (empty)"),
    ],
)
def test_a_change_of_a_panel_is_told_in_words(change: Change, told: str) -> None:
    assert after(change) == [f"- panel `Error ratio`: {told}"]


def test_a_panel_in_a_row_is_a_panel() -> None:
    def change(new: Any) -> None:
        new["panels"][1]["panels"][0]["title"] = "Outer"

    assert after(change) == ["- panel `Inner`: title `Inner` → `Outer`"]


def test_a_panel_is_added_with_what_it_asks() -> None:
    added = {"id": 3, "type": "table", "title": "New", "targets": [{"refId": "A", "expr": "up"}]}
    assert after(lambda new: new["panels"].append(added)) == [
        "- panel `New` is **added**: table of `up`"
    ]


def test_a_panel_that_asks_nothing_is_added_by_its_kind() -> None:
    added = {"id": 3, "type": "text", "title": "New"}
    assert after(lambda new: new["panels"].append(added)) == ["- panel `New` is **added**: text"]


def test_thresholds_that_were_not_there_are_told_as_empty() -> None:
    def change(new: Any) -> None:
        del new["panels"][0]["fieldConfig"]["defaults"]["thresholds"]

    told = "- panel `Error ratio`: thresholds `green, red from 0.05` → (empty)"
    assert after(change) == [told]


def test_a_panel_is_removed() -> None:
    assert after(lambda new: new["panels"].pop(0)) == ["- panel `Error ratio` is **removed**"]


def test_what_is_of_the_whole_is_told_and_the_version_is_not() -> None:
    def change(new: Any) -> None:
        new |= {"version": 2, "time": {"from": "now-6h"}}

    assert after(change) == ["- `time.from` `now-1h` → `now-6h`"]


def test_other_variables_are_told_without_their_lists() -> None:
    assert after(lambda new: new.update(templating={"list": [{"name": "instance"}]})) == [
        "- variables change"
    ]


def test_long_values_stand_on_lines_of_their_own() -> None:
    fits, too_long = "f" * 58, "t" * 59  # code has a mark at each end
    assert after(_panel(title=fits)) == [f"- panel `Error ratio`: title `Error ratio` → `{fits}`"]
    assert after(_panel(title=too_long)) == [
        "- panel `Error ratio`: title",
        "  `Error ratio` →",
        f"  `{too_long}`",
    ]


def test_panels_without_an_id_are_told_apart_by_their_titles() -> None:
    one, other = {"type": "text", "title": "One"}, {"type": "text", "title": "Other"}
    old, new = {"title": "App", "panels": [one, other]}, {"title": "App", "panels": [other]}
    assert difference(old, new)[0].splitlines()[2:] == ["- panel `One` is **removed**"]


def test_a_panel_without_a_title_is_told_as_such() -> None:
    bare, other = {"id": 1, "type": "text"}, {"id": 1, "type": "stat"}
    assert [
        difference({"panels": old}, {"panels": new})[0].splitlines()[-1]
        for old, new in (([], [bare]), ([bare], [other]), ([bare], []))
    ] == [
        "- panel (empty) is **added**: text",
        "- panel (empty): kind of panel `text` → `stat`",
        "- panel (empty) is **removed**",
    ]


@pytest.mark.parametrize(
    ("number", "listed"),
    [
        (0, ""),
        (1, ": `0`"),
        (20, " `18` and `19`"),
        (21, " `19` and 1 more"),
        (30, "`19` and 10 more"),
    ],
)
def test_of_many_panels_of_a_new_dashboard_the_first_are_named(number: int, listed: str) -> None:
    panels = [{"id": n, "type": "stat", "title": str(n)} for n in range(number)]
    full, short = difference(None, {"title": "App", **({"panels": panels} if panels else {})})
    assert short == f"**Dashboard** `App` is new, with {number} panels"
    assert full.startswith(short)
    assert full.endswith(listed or short)


def test_a_new_dashboard_is_told_with_its_panels_names() -> None:
    assert difference(None, DASHBOARD)[0] == (
        "**Dashboard** `App` is new, with 3 panels: `Error ratio`, `More` and `Inner`"
    )


def test_a_removed_dashboard_is_told() -> None:
    assert difference(DASHBOARD, None)[1] == "**Dashboard** `App` is removed, with 3 panels"
