"""Where Docker Compose comes from, and how the example application is built with it."""

from __future__ import annotations

import hashlib
import io
import os
import platform
from http.client import HTTPResponse
from pathlib import Path

import pytest

from prepare import compose, download, example, pulumi_cli
from prepare.lab_use import Lab
from prepare.progress import SetupError
from tests.unit.prepare.conftest import fake

PROGRAM = b"#!/bin/sh\necho Docker Compose version v5\n"


@pytest.fixture(autouse=True)
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_path: Path) -> Path:
    """The project's own Docker Compose, which is not there yet, and a lab that has built one."""
    fake(on_path, "docker", "exit 1")
    built = tmp_path / "built"
    built.mkdir()
    monkeypatch.setattr("prepare.golang.compose", lambda: fake(built, "docker-compose", "exit 0"))
    monkeypatch.setattr("prepare.golang.images", lambda names: {n: f"lab/{n}:1" for n in names})
    folder = tmp_path / "tools"
    monkeypatch.setattr(pulumi_cli, "BIN", folder)
    monkeypatch.setattr(compose, "OURS", folder / "docker-compose")
    return folder / "docker-compose"


def site_has(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    class Answer(io.BytesIO):
        length = 0

    monkeypatch.setattr(download, "open_url", lambda _url: Answer(content))


def unreachable(_url: str) -> HTTPResponse:
    raise download.UnreachableError("no route")


def test_the_users_docker_compose_is_taken(on_path: Path) -> None:
    fake(on_path, "docker", '[ "$*" = "compose version" ]')
    assert "your Docker" in compose.choose(Lab.ALWAYS)
    assert compose.command() == ("docker", "compose")


def test_the_pinned_release_is_downloaded_once(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site_has(PROGRAM, monkeypatch)
    digest = hashlib.sha256(PROGRAM).hexdigest()
    monkeypatch.setitem(download.COMPOSE_SHA256, platform.machine(), digest)
    assert "downloaded" in compose.choose(Lab.AS_WRITTEN)
    assert compose.command() == (str(ours),)
    assert os.access(ours, os.X_OK)
    monkeypatch.setattr(download, "open_url", unreachable)
    assert "official release" in compose.choose(Lab.AS_WRITTEN)


def test_a_download_that_is_not_the_pinned_one_is_not_used(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site_has(PROGRAM, monkeypatch)
    with pytest.raises(SetupError, match="it is not used"):
        compose.choose(Lab.UNREACHABLE)
    assert list(ours.parent.iterdir()) == []


def test_where_no_site_can_be_reached_the_lab_builds_it_for_dev_alone(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "open_url", unreachable)
    with pytest.raises(SetupError, match=r"Docker Compose cannot be downloaded.*LAB=yes"):
        compose.choose(Lab.AS_WRITTEN)
    assert "built by lab" in compose.choose(Lab.UNREACHABLE)
    assert ours.is_symlink()


def test_the_example_is_built_on_the_labs_base_images_where_the_stack_runs_the_labs() -> None:
    assert example.bases({"loki": "grafana/loki:3.7.7"}) == {}
    lab = example.bases({"loki": "lab/loki:3.7.7"})
    assert (lab["NODE_IMAGE"], lab["NGINX_IMAGE"]) == ("lab/node:1", "lab/nginx:1")


def test_a_build_that_fails_is_an_error_with_the_builders_words(on_path: Path) -> None:
    fake(on_path, "docker", '[ "$1 $2" = "compose version" ] || { echo "no such base"; exit 1; }')
    with pytest.raises(SetupError, match="could not be built:\nno such base"):
        example.build({})
