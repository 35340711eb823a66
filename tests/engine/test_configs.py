"""Every configuration is accepted by the program that will read it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from stack import services
from stack.settings import loading
from tests.engine import docker
from tests.engine.environment import ROOT

CONFIGS = ROOT / "configs"
# Settings that bring every optional part of the files into being.
EVERYTHING: dict[str, Any] = {
    "loki": {"retentionSize": "1GB"},
    "blackbox": {"enabled": True, "probes": ["http://proxy:8080/"]},
    "canary": {"enabled": True},
    "socketproxy": {"enabled": True},
    "labels": {"environment": "test"},
    "jobs": [
        {"name": "plain", "targets": ["a:1", "b:2"], "labels": {"team": "x"}},
        {"name": "basic", "targets": ["a:1"], "auth": "basic", "username": "prom"},
        {"name": "bearer", "targets": ["a:1"], "auth": "bearer", "interval": "5s"},
        {"name": "renamed", "targets": ["a:1"], "metrics": {"duration": "d", "route": "path"}},
    ],
    "logs": {
        "includeNames": ["a"],
        "includeLabels": ["b=c"],
        "excludeNames": ["d.*"],
        "redactPatterns": ["card-[0-9]{16}", r"(?i)pin:\s*(\d{4})\b"],
    },
    "grafanaAdminPassword": "correct horse",
    "scrapeSecrets": {"basic": "one", "bearer": "two"},
}


def run(image: str, program: str, folders: dict[str, Path], *arguments: str) -> str:
    """Run a program of an image on folders of the host, given by their paths in the container."""
    volumes = [f"--volume={folder}:{path}:ro" for path, folder in folders.items()]
    options = ("run", "--rm", "--user", "0:0", *volumes, "--entrypoint", program)
    return docker.docker(*options, image, *arguments)


# How each service's image checks a file of its own, below `/configs/<service>/`.
CHECKS: dict[str, dict[str, tuple[str, ...]]] = {
    "prometheus": {
        "prometheus.yml": ("promtool", "check", "config", "--lint=all", "--lint-fatal", "{}")
    },
    "loki": {"loki.yml": ("/usr/bin/loki", "-config.file={}", "-verify-config")},
    "socketproxy": {"haproxy.cfg": ("haproxy", "-c", "-f", "{}")},
    "promtail": {
        "promtail.yml": ("promtail", "-config.file={}", "-check-syntax"),
        "ended.yml": ("promtail", "-config.file={}", "-check-syntax"),
    },
    "blackbox": {
        "blackbox.yml": ("blackbox_exporter", "--config.check", "--config.file={}"),
    },
    "canary": {},  # It has none.
    "curator": {},  # `make check` reads its program.
    "grafana": {},  # It checks its files at its start only.
}


def check(images: dict[str, str], folder: Path, secrets: Path) -> None:
    """Let each program read its files of a folder laid out as `configs/`."""
    for service, files in CHECKS.items():
        for file, (program, *arguments) in files.items():
            if (folder / service / file).exists():
                path = f"/configs/{service}/{file}"
                shown = {"/configs": folder, "/run/secrets": secrets}
                run(images[service], program, shown, *(each.format(path) for each in arguments))


def test_the_files_in_the_repository_are_accepted_as_they_are(
    images: dict[str, str], tmp_path: Path
) -> None:
    check(images, CONFIGS, tmp_path)


def test_the_files_made_from_the_settings_are_accepted(
    images: dict[str, str], tmp_path: Path
) -> None:
    settings = loading.parse("test", EVERYTHING, is_secret=lambda _key: True)
    for service in services.describe(settings):
        for file in service.files:
            path = tmp_path / file.path.removeprefix("/etc/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, secret in EVERYTHING["scrapeSecrets"].items():
        (secrets / name).write_text(secret)
    check(images, tmp_path, secrets)


@pytest.mark.parametrize("broken", ["prometheus/prometheus.yml", "loki/loki.yml"])
def test_the_check_notices_an_unknown_key(
    broken: str, images: dict[str, str], tmp_path: Path
) -> None:
    shutil.copytree(CONFIGS, tmp_path, dirs_exist_ok=True)
    with (tmp_path / broken).open("a") as file:
        file.write("\nno_such_key: 1\n")
    with pytest.raises(AssertionError, match="no_such_key"):
        check(images, tmp_path, tmp_path)
