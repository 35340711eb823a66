"""Where Docker Compose comes from."""

from __future__ import annotations

import hashlib
import io
import os
import platform
from http.client import HTTPResponse
from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from setup import docker_compose, official_releases, pulumi_cli
from setup.local_builds import Policy
from tests.unit.programs import fake

PROGRAM = b"#!/bin/sh\necho Docker Compose version v5\n"


@pytest.fixture(autouse=True)
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_path: Path) -> Path:
    """The project's own Docker Compose, which is not there yet, and a lab that has built one."""
    fake(on_path, "docker", "exit 1")
    built = tmp_path / "built"
    built.mkdir()
    monkeypatch.setattr(
        "setup.local_builds.compose", lambda: fake(built, "docker-compose", "exit 0")
    )
    folder = tmp_path / "tools"
    monkeypatch.setattr(pulumi_cli, "BIN", folder)
    monkeypatch.setattr(docker_compose, "OURS", folder / "docker-compose")
    return folder / "docker-compose"


def site_has(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    class Answer(io.BytesIO):
        length = 0

    monkeypatch.setattr(official_releases, "open_url", lambda _url: Answer(content))


def unreachable(_url: str) -> HTTPResponse:
    raise official_releases.UnreachableError("no route")


def test_the_users_docker_compose_is_taken(on_path: Path) -> None:
    fake(on_path, "docker", '[ "$*" = "compose version" ]')
    assert "your Docker" in docker_compose.choose(Policy.ALWAYS)
    assert docker_compose.command() == ("docker", "compose")


def test_the_pinned_release_is_downloaded_once(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site_has(PROGRAM, monkeypatch)
    digest = hashlib.sha256(PROGRAM).hexdigest()
    monkeypatch.setitem(official_releases.COMPOSE_SHA256, platform.machine(), digest)
    assert "downloaded" in docker_compose.choose(Policy.AS_WRITTEN)
    assert docker_compose.command() == (str(ours),)
    assert os.access(ours, os.X_OK)
    monkeypatch.setattr(official_releases, "open_url", unreachable)
    assert "official release" in docker_compose.choose(Policy.AS_WRITTEN)


def test_a_download_that_is_not_the_pinned_one_is_not_used(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site_has(PROGRAM, monkeypatch)
    with pytest.raises(CommandError, match="it is not used"):
        docker_compose.choose(Policy.UNREACHABLE)
    assert list(ours.parent.iterdir()) == []


def test_where_no_site_can_be_reached_the_lab_builds_it_for_dev_alone(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(official_releases, "open_url", unreachable)
    with pytest.raises(CommandError, match=r"Docker Compose cannot be downloaded.*LAB=yes"):
        docker_compose.choose(Policy.AS_WRITTEN)
    assert "built by lab" in docker_compose.choose(Policy.UNREACHABLE)
    assert ours.is_symlink()
