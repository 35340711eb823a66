"""An upgrade keeps all data, and a backup that the older versions made is the way back from it.

The tests tell one story, in their order.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.recipes import LOKI_OLDER, PROMETHEUS_OLDER
from operate import answers
from operate.preflight import command
from setup import images as service_images
from setup import local_builds
from setup.command import DEV
from tests.engine import backups, docker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import SERVICES, Environment
from tests.engine.grafana import Grafana
from tests.engine.printer import Printer
from tests.engine.waiting import eventually

OLDER = {"prometheus": PROMETHEUS_OLDER.version, "loki": LOKI_OLDER.version}


@dataclass(frozen=True)
class Upgraded:
    """An environment with a backup that the older versions made, and what they answered."""

    environment: Environment
    printer: Printer
    file: Path
    at: float
    answers: answers.Answers

    def differences(self) -> list[str]:
        """Ask all again of the time before the backup."""
        return answers.differences(self.answers, answers.ask(self.environment.grafana(), self.at))


@pytest.fixture(scope="module")
def older() -> dict[str, str]:
    """Return the older images, which `make test-engine` has pulled or built for this test."""
    ready = service_images.ready(local_builds.OLDER_IMAGES, local_builds.policy(DEV))
    return {name.removesuffix("-older"): image for name, image in ready.items()}


@pytest.fixture(scope="module")
def upgraded(
    older: dict[str, str],
    make_environment: MakeEnvironment,
    tmp_path_factory: pytest.TempPathFactory,
) -> Upgraded:
    environment = make_environment()
    environment.configure(keepVolumes=True)
    printer, file = Printer(environment), tmp_path_factory.mktemp("backups") / "backup.tar.zst"
    choose(environment, older)
    environment.up().succeeded()
    printer.start()
    grafana = environment.grafana()
    eventually(lambda: samples(grafana) > 10, seconds=60, what="samples of the older Prometheus")
    assert versions(grafana) == OLDER
    at = time.time() - 2
    backups.write(environment, file)
    return Upgraded(environment, printer, file, at, answers.ask(grafana, at))


def choose(environment: Environment, images: Mapping[str, str]) -> None:
    """Write into the settings which images Prometheus and Loki run."""
    for service in OLDER:
        environment.configure(**{service: {"image": images[service]}})


def versions(grafana: Grafana) -> dict[str, str]:
    """Ask the running programs which versions they are."""
    proxy = "/api/datasources/proxy/uid"
    return {
        "prometheus": grafana.ask(f"{proxy}/prometheus/api/v1/status/buildinfo")["data"]["version"],
        "loki": grafana.ask(f"{proxy}/loki/loki/api/v1/status/buildinfo")["version"],
    }


def samples(grafana: Grafana) -> float:
    """Count what Prometheus has stored of its scrapes of itself."""
    return grafana.metric('count_over_time(up{job="prometheus"}[1h])') or 0


def test_the_preflight_names_what_moves_and_offers_the_backup(
    upgraded: Upgraded, images: dict[str, str]
) -> None:
    choose(upgraded.environment, images)
    found = {each.what: each for each in command.findings(upgraded.environment.settings())}
    for service, version in OLDER.items():
        [move] = [each for what, each in found.items() if what.startswith(service.capitalize())]
        assert f" goes from {version} to " in move.what
        assert f"make backup STACK={upgraded.environment.name}" in move.remedy
        assert not move.stops


def test_an_upgrade_keeps_every_line_and_sample_and_those_after_it_join_them(
    upgraded: Upgraded,
) -> None:
    environment, grafana = upgraded.environment, upgraded.environment.grafana()
    before = environment.ids()
    environment.up().succeeded()
    after, upgraded_at = environment.ids(), time.time()
    assert {each for each in SERVICES if before[each] != after[each]} == set(OLDER)
    assert not versions(grafana).items() & OLDER.items()
    assert upgraded.differences() == []
    assert upgraded.printer.gaps() == set()
    newest = 'max(timestamp(up{job="prometheus"}))'
    eventually(
        lambda: (grafana.metric(newest) or 0) > upgraded_at, seconds=30, what="a sample after it"
    )


def test_the_backup_leads_back_to_the_older_versions_to_the_last_line_and_sample(
    upgraded: Upgraded, older: dict[str, str]
) -> None:
    environment, grafana = upgraded.environment, upgraded.environment.grafana()
    since_the_backup = f'count_over_time(up{{job="prometheus"}}[5s] @ {time.time():.3f})'
    assert grafana.metric(since_the_backup)
    environment.pulumi("destroy", "--yes").succeeded()
    assert docker.names("volume", environment.prefix), "they are there without a restore"
    choose(environment, older)
    backups.fill(environment, upgraded.file, replace=True)
    environment.up().succeeded()
    assert versions(grafana) == OLDER
    assert upgraded.differences() == []
    assert upgraded.printer.gaps() == set()
    assert grafana.metric(since_the_backup) is None, (
        "that is what the newer one left, not the backup"
    )
