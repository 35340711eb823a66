"""What counts as a difference between a written configuration and the one that runs."""

from __future__ import annotations

from typing import Any

import pytest

from operate.read_back import panels
from operate.read_back.differences import differences


def found(wanted: Any, running: Any) -> list[str]:
    return [str(each) for each in differences("loki", wanted, running)]


@pytest.mark.parametrize(
    ("wanted", "running"),
    [
        ("14d", "2w"),
        ("336h", "336h0m0s"),
        ("87600h", "87600h0m0s"),
        ("1m", 60),
        ("0s", None),
        ("256KB", 262144),
        ("20MB", "20MiB"),
        ("64MB", "64MB"),
        ("true", True),
        ("false", False),
        (False, None),
        ("", None),
        ([], None),
        (9095, "9095"),
        (0.9, "0.9"),
        ("a, b", "a,b"),
        ("text\n", "text"),
        ({"a": 1}, {"a": 1, "default": 2}),
    ],
)
def test_what_means_the_same_is_no_difference(wanted: Any, running: Any) -> None:
    assert found({"key": wanted}, {"key": running}) == []


@pytest.mark.parametrize(
    ("wanted", "running"),
    [
        ("14d", "15d"),
        ("1m", "1h"),
        ("256KB", "256MB"),
        (True, False),
        (True, None),
        ("warn", "info"),
        (["a"], ["b"]),
        (["a"], ["a", "b"]),
        ({"a": 1}, None),
        ("10", "100"),
    ],
)
def test_another_value_is_a_difference(wanted: Any, running: Any) -> None:
    assert len(found({"key": wanted}, {"key": running})) == 1


def test_a_difference_names_the_program_the_key_and_both_values() -> None:
    wanted = {"clients": [{"url": "a", "wait": "1s"}]}
    running = {"clients": [{"url": "a", "wait": "2s", "more": 1}]}
    assert found(wanted, running) == ["loki: clients[0].wait is 2s, and should be 1s"]
    assert found({"a": {"b": 1}}, {}) == ["loki: a is nothing, and should be {'b': 1}"]


def test_of_long_texts_the_place_is_shown_where_they_begin_to_differ() -> None:
    [said] = found({"expr": "x" * 200 + "left"}, {"expr": "x" * 200 + "right"})
    assert said == f"loki: expr is …{'x' * 20}right, and should be …{'x' * 20}left"
    [said] = found({"expr": "a" + "x" * 200}, {"expr": "b" + "x" * 200})
    assert f"is b{'x' * 79}…, and should be a{'x' * 79}…" in said


def test_a_panels_queries_get_the_values_of_variables_and_keep_grafanas_own() -> None:
    board = {"templating": {"list": [{"name": "job", "allValue": ".+"}, {"name": "text"}]}}
    expression = 'rate(x{job=~"$job",t="$text"}[$__rate_interval])'
    panel = {"targets": [{"refId": "A", "expr": expression}, {"refId": "B", "other": 1}]}
    [query] = panels.queries(panel, panels.values(board))
    assert query["expr"] == 'rate(x{job=~".+",t=""}[$__rate_interval])'
    assert panels.values({}) == {}
