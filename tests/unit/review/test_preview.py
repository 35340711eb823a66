from __future__ import annotations

import json

import pytest

from review import preview
from tests.unit.review import recordings
from tests.unit.review.recordings import changed


def test_steps_are_in_one_order_however_pulumi_took_them() -> None:
    content = recordings.load("same")
    content["steps"].sort(key=lambda step: step["urn"])
    names = [step.name for step in recordings.read(content).steps]
    assert names == [step.name for step in recordings.preview("same").steps]
    services = ["prometheus", "loki", "promtail", "grafana"]
    assert names == [
        *services,
        *(f"{service}-volume" for service in services),
        "network",
        *(f"{service}-image" for service in services),
        *("monitoring-prod", "monitoring-prod", "docker"),
    ]


@pytest.mark.parametrize("before", ["", "\n"])
def test_a_preview_without_a_complaint_has_its_steps_and_no_error(before: str) -> None:
    content = recordings.load("same")
    content["diagnostics"] = []
    read = preview.read(f"{before}{json.dumps(content)}", "Warning: not of Pulumi's", 0)
    assert (len(read.steps), read.errors, read.notes) == (len(content["steps"]), (), ())


@pytest.mark.parametrize(
    "told",
    [
        {"detailedDiff": {"ports[0].ip": {}, "memory": {}}, "diffReasons": ["user"]},
        {"detailedDiff": None, "diffReasons": ["ports", "memory"]},
    ],
)
def test_what_changes_is_named_in_detail_or_else_by_its_inputs(told: object) -> None:
    content = recordings.load("same")
    content["steps"] = [{**content["steps"][-1], **told}]  # type: ignore[dict-item]
    [step] = recordings.read(content).steps
    assert step.roots == {"ports", "memory"}


def test_the_marks_of_pulumis_own_are_no_inputs() -> None:
    [step] = changed("loki", capabilities={"drops": ["ALL"], "__defaults": ["adds"]}).of(
        "container"
    )
    old, new = step.input("capabilities")
    assert old == new == {"drops": ["ALL"]}
