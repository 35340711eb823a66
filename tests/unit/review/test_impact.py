from __future__ import annotations

import pytest

from review.impact import consequences, data, headline
from review.preview import Preview
from tests.unit.review import recordings
from tests.unit.review.recordings import with_states


def preview(**operations: str) -> Preview:
    """Let resources change: each by its name in the program, `_` for `-`."""
    content = recordings.load("same")
    for step in content["steps"]:
        name = step["urn"].rpartition("::")[2].replace("-", "_")
        step["op"] = operations.get(name, "same")
        if step["op"] == "create":
            del step["oldState"]
        if step["op"] == "delete":
            del step["newState"]
    return recordings.read(content)


LOKI = "about 15 s without a search in the logs"


@pytest.mark.parametrize(
    ("operations", "told"),
    [
        ({}, []),
        ({"loki": "replace"}, []),  # the headline says it
        ({"loki": "delete", "promtail": "delete"}, []),
        (
            {"loki": "replace", "prometheus": "replace", "prometheus_volume": "replace"},
            [
                "**Prometheus** is replaced: about 15 s without scrapes.",
                f"**Loki** is replaced: {LOKI}; Promtail waits for it, and no line is lost.",
            ],
        ),
        (
            {"loki": "replace", "grafana": "delete", "loki_volume": "replace"},
            [f"**Loki** is replaced: {LOKI}."],
        ),
        ({"loki": "update"}, ["**Loki** is changed while it runs, without a break."]),
        ({"network": "replace"}, ["The network `monitoring-prod` is replaced."]),
        (
            {"docker": "update"},
            ["`docker` (`pulumi:providers:docker`) is changed."],
        ),
        (
            {"docker": "import"},
            ["`docker` (`pulumi:providers:docker`) is changed (import)."],
        ),
    ],
)
def test_what_happens_to_each_resource_is_told(operations: dict[str, str], told: list[str]) -> None:
    assert list(consequences(preview(**operations))) == told


def test_a_network_is_told_by_the_name_it_gets_or_else_the_one_it_had() -> None:
    before, after = ({"inputs": {"name": name}} for name in ("old", "new"))
    for step, name in ((before, after), "new"), ((before, None), "old"):
        operation = "replace" if step[1] else "delete"
        [said] = consequences(with_states("network", operation, *step))
        assert said.startswith(f"The network `{name}` is ")


@pytest.mark.parametrize(
    ("operations", "told"),
    [
        ({}, "nothing changes."),
        ({"network": "update"}, "no container changes; no stored data is lost."),
        (
            {"loki": "create"},
            "Loki is started; no stored data is lost.",
        ),
        (
            {"loki": "replace", "promtail": "delete", "grafana": "delete"},
            "Loki is replaced and Promtail and Grafana are taken away; no stored data is lost.",
        ),
        (
            {"prometheus": "create", "loki": "create", "promtail": "create", "grafana": "create"},
            "is new: Prometheus, Loki, Promtail and Grafana are started.",
        ),
    ],
)
def test_the_headline_says_what_happens_to_what(operations: dict[str, str], told: str) -> None:
    said = headline("prod", preview(**operations), [])
    assert said.removeprefix("**prod**").lstrip(": ") == told


def test_data_of_a_service_that_the_list_does_not_have_may_be_anything() -> None:
    assert data("loki") == "all stored log lines"
    assert data("tempo") == "all its data"
