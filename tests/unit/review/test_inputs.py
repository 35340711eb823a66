from __future__ import annotations

from typing import Any

import pytest

from review.inputs import changes, differing
from review.preview import Preview
from tests.unit.review import recordings
from tests.unit.review.recordings import changed

PORT = {"ip": "127.0.0.1", "external": 3000, "internal": 3000}
MOUNT = {"source": "/var/log", "target": "/logs", "type": "bind", "readOnly": True}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"user": "1:1"}, {"user": "2:2"}, ["user: `1:1` → `2:2`"]),
        ({"user": "1:1"}, {}, ["user: `1:1` → none"]),
        ({"memory": 512}, {"memory": 384}, ["memory limit: `512 MiB` → `384 MiB`"]),
        ({}, {"memoryReservation": 64}, ["memoryReservation: none → `64 MiB`"]),
        ({"start": True}, {"start": False}, ["start: `yes` → `no`"]),
        (
            {"ports": [PORT]},
            {"ports": [PORT, {"external": 8080, "internal": 80}]},
            ["ports: none → `:8080:80`"],
        ),
        ({}, {"mounts": [MOUNT]}, ["mounts: none → `/var/log at /logs`"]),
        (
            {"networksAdvanced": [{"name": "one", "aliases": ["loki"]}]},
            {"networksAdvanced": [{"name": "two", "aliases": ["loki"]}]},
            ["networks: `one` → `two`"],
        ),
        (
            {"capabilities": {"drops": ["ALL"]}},
            {"capabilities": {"adds": ["CHOWN", "KILL"], "drops": ["ALL"]}},
            ["capabilities: `drops=ALL` → `adds=CHOWN,KILL drops=ALL`"],
        ),
        ({"envs": ["A=1", "B=2", "C=3"]}, {"envs": ["C=3"]}, ["environment: `A=1, B=2` → none"]),
        (
            {"envs": ["A=1", "B=2"]},
            {"envs": ["B=2", "A=1"]},
            ["environment: `A=1, B=2` → `B=2, A=1`"],
        ),
        ({"image": "sha256:1", "uploads": []}, {"image": "sha256:2", "uploads": None}, []),
    ],
)
def test_a_change_is_told_with_what_a_reviewer_calls_it_and_both_values(
    old: dict[str, Any], new: dict[str, Any], told: list[str]
) -> None:
    assert [str(change) for change in differing({**old, "wait": 1}, {**new, "wait": 1})] == told


def test_what_goes_with_another_is_told_only_where_it_changes_alone() -> None:
    old = {"memory": 512, "memorySwap": 512, "user": "1:1"}
    both, alone = (
        [change.key for change in differing(old, {**old, "user": "2:2", **by})]
        for by in ({"memory": 384, "memorySwap": 384}, {"memorySwap": 1024})
    )
    assert both == ["memory", "user"]
    assert alone == ["memorySwap", "user"]


def _of_loki(preview: Preview) -> list[str]:
    [step] = preview.of("container")
    return [str(change) for change in changes(preview, step)]


def test_an_image_is_told_only_where_its_name_or_its_content_changes() -> None:
    assert _of_loki(changed("loki", memory=384)) == ["memory limit: `512 MiB` → `384 MiB`"]
    assert _of_loki(changed("loki", image="sha256:2")) == [
        "image: `another content` → `of the same name`"
    ]


def test_of_a_new_container_its_image_memory_and_ports_are_told() -> None:
    content = recordings.load("same")
    for step in content["steps"]:
        if step["urn"].endswith(("::loki", "::loki-image")):
            step["op"] = "create"
            del step["oldState"]
    image, *others = _of_loki(recordings.read(content))
    assert image.startswith("image: none → `")
    assert others == ["memory limit: none → `512 MiB`"]
