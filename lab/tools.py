"""The programs that run on this machine: Pulumi's, the checkers of configuration, an engine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lab import build, cache
from lab.recipe import Program
from lab.recipes import LOKI, PROMETHEUS, PROMTAIL
from lab.tool_recipes import (
    ACTIONLINT,
    COMPOSE,
    DOCKER_PROVIDER,
    DOCKERD,
    LANGUAGE_HOST,
    PULUMI,
    RUNC,
    VERSITYGW,
)


def tools() -> Path:
    """Return a folder for the PATH with Pulumi: the CLI, its Python host, its Docker provider.

    It holds pulumi, pulumi-language-python, pulumi-language-python-exec, pulumi-resource-docker.
    """
    return _together("tools", (PULUMI, LANGUAGE_HOST, DOCKER_PROVIDER))


def programs() -> Path:
    """Return a folder for the PATH with prometheus, promtool, loki and promtail."""
    return _together("programs", (PROMETHEUS, LOKI, PROMTAIL))


def compose() -> Path:
    """Return the binary of docker compose, which runs by itself."""
    return build.program(COMPOSE) / "bin" / "docker-compose"


def actionlint() -> Path:
    """Return the binary of the checker of GitHub's workflows."""
    return build.program(ACTIONLINT) / "bin" / "actionlint"


def versitygw() -> Path:
    """Return the binary of an S3-compatible store, which keeps its objects in a folder."""
    return build.program(VERSITYGW) / "bin" / "versitygw"


def engine() -> Path:
    """Return a folder for the PATH with a current Docker engine: dockerd, docker-proxy and runc.

    It lacks containerd, for which Debian's, of whichever age, is good enough.
    """
    return _together("engine", (DOCKERD, RUNC))


def _together(name: str, parts: Iterable[Program]) -> Path:
    """Return one folder with the binaries of `parts`, which are built if need be.

    Hard links: the Pulumi CLI looks for its language hosts beside where it really lies.
    """
    folders = [build.program(part) / "bin" for part in parts]
    binaries = [binary for folder in folders for binary in sorted(folder.iterdir())]

    def make(_work: Path, result: Path, _log: Path) -> None:
        for binary in binaries:
            (result / binary.name).hardlink_to(binary)

    inputs = cache.key("hard links", *(str(binary) for binary in binaries))
    return cache.obtain(name, inputs, f"{name}: linking into one folder", make)
