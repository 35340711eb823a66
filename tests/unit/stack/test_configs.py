"""A broken file of `configs/` is told with its name and the place in it, before Grafana sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack import configs, dashboards, services
from tests.unit.conftest import Read

GOOD = {"uid": "mine", "title": "Mine", "panels": []}
Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file of a `configs/` of the test's own."""
    monkeypatch.setattr(configs, "CONFIGS", tmp_path)

    def write(name: str, content: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    write(dashboards.PROVIDERS, "providers: [{folder: All, folderUid: all}]")
    return write


def test_a_dashboard_is_taken_as_it_lies(write: Write) -> None:
    write("grafana/dashboards/mine.json", json.dumps(GOOD))
    assert dashboards.load() == {"grafana/dashboards/mine.json": GOOD}


@pytest.mark.parametrize(
    ("content", "place", "says"),
    [
        ('{\n  "uid": "a",\n}', "line 3, column 1", "not valid JSON"),
        ("[]", "line 1", "an object"),
        ({**GOOD, "uid": None}, "uid", "1 to 40 letters"),
        ({**GOOD, "uid": "two words"}, "uid", "1 to 40 letters"),
        ({**GOOD, "uid": "all"}, "uid", "as in configs/grafana/provisioning"),
        ({**GOOD, "title": "All"}, "title", "as in configs/grafana/provisioning"),
        ({"uid": "a", "panels": []}, "title", "is missing"),
        ({"uid": "a", "title": "A"}, "panels", "must be a list"),
        ({"apiVersion": "dashboard.grafana.app/v2", "spec": {}}, "spec", "classic"),
        ({**GOOD, "__inputs": []}, "__inputs", "sharing externally"),
    ],
)
def test_a_dashboard_that_grafana_would_not_show_is_refused_with_its_place(
    content: Any, place: str, says: str, write: Write
) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    write("grafana/dashboards/broken.json", text)
    with pytest.raises(configs.FileError) as refused:
        dashboards.load()
    assert f"configs/grafana/dashboards/broken.json, {place}: " in str(refused.value)
    assert says in str(refused.value)


@pytest.mark.parametrize("key", ["uid", "title"])
def test_two_dashboards_that_grafana_would_confuse_are_both_named(key: str, write: Write) -> None:
    other = {**GOOD, "uid": "other", "title": "Other"}
    write("grafana/dashboards/a.json", json.dumps(GOOD))
    write("grafana/dashboards/b.json", json.dumps({**other, key: GOOD[key]}))
    with pytest.raises(configs.FileError) as refused:
        dashboards.load()
    assert f"b.json, {key}: it is '{GOOD[key]}', as in configs/grafana/dashboards/a.json" in str(
        refused.value
    )


def test_what_concerns_a_whole_file_is_told_without_a_place() -> None:
    told = str(configs.FileError("loki/loki.yml", "", "it is empty"))
    assert told == "nothing was changed: fix configs/loki/loki.yml: it is empty"


def test_broken_yaml_is_told_with_its_place(write: Write) -> None:
    write("loki/loki.yml", "server:\n  port: [1\n")
    with pytest.raises(configs.FileError, match=r"configs/loki/loki.yml, line 3, column 1: .*YAML"):
        configs.load_yaml("loki/loki.yml")


def test_a_file_is_written_in_its_own_order_without_breaking_or_escaping_a_line() -> None:
    long = "ä " * 200 + "x"
    assert configs.dump_yaml({"b": long, "a": 1}) == f"b: {long}\na: 1\n"
    assert configs.dump_json({"b": "ä", "a": 1}) == '{\n  "b": "ä",\n  "a": 1\n}'


def test_yaml_is_written_alike_by_pyyaml_with_and_without_its_part_in_c(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert yaml.__with_libyaml__
    with_it = services.describe(read())
    monkeypatch.setattr(configs, "_DUMPER", yaml.SafeDumper)
    assert services.describe(read()) == with_it
