"""The list of services: each entry brings all that a service needs, and what it forgot is named."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from operate import programs
from stack import services
from stack.configs import CONFIGS
from stack.service import Entry, Service
from stack.settings.model import SERVICES, Settings
from tests.engine.test_configs import CHECKS
from tests.unit.conftest import Read
from tests.unit.stack.alerts.test_alerts import EVERY_SERVICE


def forgotten(entry: Entry, service: Service, settings: Settings, configs: Path) -> Iterator[str]:
    """Name each part that a service lacks."""
    own = configs / entry.name
    if service.name != entry.name or service.memory != settings.services[entry.name].memory:
        yield "the limit of memory of its settings"
    if not service.health.command:
        yield "a health check"
    if not re.match(r"about \d+ s without ", entry.absence):
        yield "what is missed while it is away"
    if bool(entry.data) != bool(service.volume):
        yield "what its volume holds"
    if not any("alert" in rule or "record" in rule for rule in rules(own)):
        yield "rules"
    if entry.name not in jobs(own, "monitoring"):
        yield "a scrape job of its own name, with the label part_of"
    if entry.name not in CHECKS:
        yield "a check of its configuration in tests/engine/test_configs.py"


def rules(folder: Path) -> Iterator[dict[str, Any]]:
    for path in folder.glob("rules/*.yml"):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def jobs(folder: Path, part_of: str) -> list[str]:
    path = folder / "scrape.yml"
    scrapes = yaml.safe_load(path.read_text())["scrape_configs"] if path.exists() else []
    return [
        scrape["job_name"]
        for scrape in scrapes
        if scrape["static_configs"][0].get("labels") == {"part_of": part_of}
    ]


@pytest.fixture
def settings(read: Read) -> Settings:
    """Read settings with every service on."""
    return read(EVERY_SERVICE)


@pytest.mark.parametrize("entry", services.SERVICES, ids=lambda entry: entry.name)
def test_each_service_brings_all_that_it_needs(entry: Entry, settings: Settings) -> None:
    assert list(forgotten(entry, entry.describe(settings), settings, CONFIGS)) == []


def test_the_list_and_the_settings_have_the_same_services_in_the_same_order() -> None:
    assert tuple(entry.name for entry in services.SERVICES) == SERVICES


def test_a_forgotten_part_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = services.SERVICES[1]
    service = entry.describe(settings)
    (tmp_path / entry.name).mkdir()
    monkeypatch.delitem(CHECKS, entry.name)
    entry = dataclasses.replace(entry, absence="", data="")
    memory = settings.prometheus.memory.parse("1MB")
    health = dataclasses.replace(service.health, command=())
    service = dataclasses.replace(service, memory=memory, health=health)
    found = " ".join(forgotten(entry, service, settings, tmp_path))
    for part in ("memory", "health", "away", "volume", "rules", "scrape job", "test_configs.py"):
        assert part in found


def test_a_service_that_is_off_brings_nothing(read: Read) -> None:
    off, on = read(), read(EVERY_SERVICE)
    names = [[each.name for each in services.describe(which)] for which in (off, on)]
    always = ["prometheus", "loki", "promtail", "grafana"]
    assert names == [always, [*SERVICES]]
    texts = [
        "".join(file.content for each in services.describe(which) for file in each.files)
        for which in (off, on)
    ]
    assert ["ProbeFailing" in text for text in texts] == [False, True]
    for name in ("blackbox", "curator"):
        assert [f"job_name: {name}" in text for text in texts] == [False, True]


def test_a_dashboard_comes_with_its_service(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(CONFIGS, tmp_path / "configs")
    folder = tmp_path / "configs/blackbox/dashboards"
    folder.mkdir()
    (folder / "pages.json").write_text('{"uid": "pages", "title": "Pages", "panels": []}')
    monkeypatch.setattr("stack.configs.CONFIGS", tmp_path / "configs")
    for values, is_there in (({}, False), (EVERY_SERVICE, True)):
        [grafana] = [s for s in services.describe(read(values)) if s.name == "grafana"]
        paths = [file.path for file in grafana.files]
        assert ("/etc/grafana/dashboards/pages.json" in paths) is is_there


def test_what_a_volume_holds_is_backed_up() -> None:
    assert [e.name for e in services.SERVICES if e.data and not e.backup] == []


def test_the_collector_is_copied_before_loki_so_that_it_is_never_ahead_of_it() -> None:
    names = list(programs.BACKUPS)
    assert names.index("promtail") < names.index("loki")


def test_the_probes_are_asked_through_the_exporter(read: Read) -> None:
    pages = ["http://proxy:8080/", "https://shop.example.com/login"]
    settings = read({"blackbox": {"enabled": True, "probes": pages}, "labels": {"env": "dev"}})
    [prometheus] = [s for s in services.describe(settings) if s.name == "prometheus"]
    content = yaml.safe_load(prometheus.files[0].content)
    [scrape] = [each for each in content["scrape_configs"] if each["job_name"] == "probes"]
    assert scrape["static_configs"] == [{"targets": pages}]
    assert scrape["relabel_configs"][-1] == {"target_label": "env", "replacement": "dev"}
    [own] = [each for each in content["scrape_configs"] if each["job_name"] == "blackbox"]
    assert own["static_configs"][0]["labels"] == {"part_of": "monitoring", "env": "dev"}
