"""The workflows' own commands, run in an environment's copy of the project."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass

from tests.engine.environment import ROOT, Environment

# What `make preview` and `make drift` run, besides the program.
_PACKAGES = ("bootstrap", "commands", "setup", "operate", "review", "lab")
_COMMANDS = ("Makefile", *_PACKAGES, "requirements.txt")


@dataclass(frozen=True)
class Said:
    """What a command wrote into its file, all that it printed, and its exit code.

    The code is that of the command behind `make`, which itself has only one for all failures.
    """

    text: str
    printed: str
    code: int


def preview(environment: Environment) -> Said:
    """Run what the workflow `preview` does for the environment."""
    return _make(environment, "preview")


def drift(environment: Environment) -> Said:
    """Run what the workflow `drift` does for the environment."""
    return _make(environment, "drift")


def _make(environment: Environment, target: str) -> Said:
    _complete(environment)
    output = environment.project / f"{target}.md"
    output.unlink(missing_ok=True)
    done = subprocess.run(
        ["make", target, f"STACK={environment.name}", f"OUTPUT={output.name}"],
        cwd=environment.project,
        # The programs are those of this run, wherever they are from.
        env={**environment.variables(), "PYTHON": sys.executable, "LAB": "yes"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert output.exists(), done.stderr
    code = done.stderr.rpartition("Error ")[2].strip() if done.returncode else "0"
    return Said(output.read_text(), done.stdout + done.stderr, int(code))


def _complete(environment: Environment) -> None:
    """Add to the copy of the program the rest of the project that the commands need."""
    for name in _COMMANDS:
        source, copy = ROOT / name, environment.project / name
        if source.is_dir():
            shutil.copytree(source, copy, dirs_exist_ok=True)
        else:
            shutil.copy(source, copy)
    # Links of its own: the commands put in order what lies in that folder.
    programs = environment.project / ".tools" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for program in (ROOT / ".tools" / "bin").iterdir():
        link = programs / program.name
        if not link.is_symlink():
            link.symlink_to(program)
