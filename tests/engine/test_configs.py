"""Every configuration is accepted by the program that will read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stack import config, monitoring
from tests.engine import docker
from tests.engine.environment import ROOT

CONFIGS = ROOT / "configs"
# Settings that bring every optional part of the files into being.
EVERYTHING: dict[str, Any] = {
    "labels": {"environment": "test"},
    "jobs": [
        {"name": "plain", "targets": ["a:1", "b:2"], "labels": {"team": "x"}},
        {"name": "basic", "targets": ["a:1"], "auth": "basic", "username": "prom"},
        {"name": "bearer", "targets": ["a:1"], "auth": "bearer", "interval": "5s"},
        {"name": "renamed", "targets": ["a:1"], "metrics": {"duration": "d", "route": "path"}},
    ],
    "logs": {"includeNames": ["a"], "includeLabels": ["b=c"], "excludeNames": ["d.*"]},
    "grafanaAdminPassword": "correct horse",
    "scrapeSecrets": {"basic": "one", "bearer": "two"},
}


def run(image: str, program: str, folder: Path, *arguments: str) -> str:
    """Run a program of an image on a folder that it sees as /check."""
    return docker.docker(
        *("run", "--rm", "--user", "0:0", "--volume", f"{folder}:/check:ro"),
        *("--entrypoint", program, image, *arguments),
    )


def check(images: dict[str, str], folder: Path) -> None:
    """Let each program read its file of a folder laid out as `configs/`."""
    prometheus = "/check/prometheus/prometheus.yml"
    arguments = ("check", "config", "--lint=all", "--lint-fatal", prometheus)
    run(images["prometheus"], "promtool", folder, *arguments)
    loki = "-config.file=/check/loki/loki.yml"
    run(images["loki"], "/usr/bin/loki", folder, loki, "-verify-config")
    promtail = "-config.file=/check/promtail/promtail.yml"
    run(images["promtail"], "promtail", folder, promtail, "-check-syntax")


def test_the_files_in_the_repository_are_accepted_as_they_are(images: dict[str, str]) -> None:
    check(images, CONFIGS)


def test_the_files_made_from_the_settings_are_accepted(
    images: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "promtail").mkdir()
    settings = config.parse("test", EVERYTHING, is_secret=lambda _key: True)
    for service in monitoring.describe(settings):
        folder = tmp_path / service.name
        folder.mkdir(exist_ok=True)
        name = {"promtail": "promtail.yml"}.get(service.name, Path(service.files[0].path).name)
        (folder / name).write_text(service.files[0].content)
    secrets = tmp_path / "run"
    secrets.mkdir()
    check(images, tmp_path)


@pytest.mark.parametrize("broken", ["prometheus/prometheus.yml", "loki/loki.yml"])
def test_the_check_notices_an_unknown_key(
    broken: str, images: dict[str, str], tmp_path: Path
) -> None:
    for path in CONFIGS.rglob("*.yml"):
        copy = tmp_path / path.relative_to(CONFIGS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    with (tmp_path / broken).open("a") as file:
        file.write("\nno_such_key: 1\n")
    with pytest.raises(AssertionError, match="no_such_key"):
        check(images, tmp_path)
