"""The virtual environment `.venv`, filled from requirements.txt, every package by its hash."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
from pathlib import Path

from bootstrap import debian
from bootstrap.paths import PYTHON, ROOT, VENV
from bootstrap.programs import ask
from bootstrap.progress import CommandError, note, step

PROGRAM = "requirements.txt"
TESTS = "requirements-dev.txt"
"""For the checks and tests, besides what the program needs."""


def ready(file: str = PROGRAM) -> None:
    """Ensure `.venv` with what the file asks for; pip runs only after a change of it."""
    with step("Python packages" if file == PROGRAM else "Packages of the tests") as this:
        if not PYTHON.exists() or was_moved():
            create()
        wanted = fingerprint(ROOT / file)
        stamp = VENV / f".installed-{file}"
        if stamp.exists() and stamp.read_text() == wanted:
            this.outcome = f"up to date in {VENV.name}"
            return
        note(f"pip install -r {file} (half a minute the first time)")
        pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        answer = ask(*pip, "--require-hashes", "-r", ROOT / file, seconds=1200)
        if not answer.ok:
            raise CommandError(f"pip could not install {file}: {answer.complaint}")
        stamp.write_text(wanted)
        this.outcome = f"installed into {VENV.name}"


def was_moved(folder: Path = VENV) -> bool:
    """Return whether `.venv` was made elsewhere: its scripts then call a Python of that place."""
    script = folder / "bin" / "pip"
    return not script.exists() or str(folder.resolve()) not in script.read_text()


def create() -> None:
    """Make `.venv`, in place of what is there.

    Debian keeps what `python3 -m venv` needs in a package of its own.
    """
    if not all(importlib.util.find_spec(module) for module in ("ensurepip", "venv")):
        if not debian.may_install():
            raise CommandError(
                "Python's venv module is not installed: run `sudo apt-get install python3-venv` "
                "(or your system's package of that name), then try again."
            )
        debian.install("python3-venv")
    shutil.rmtree(VENV, ignore_errors=True)
    answer = ask(sys.executable, "-m", "venv", VENV, seconds=300)
    if not answer.ok:
        raise CommandError(f"python3 -m venv {VENV} failed: {answer.complaint}")


def fingerprint(file: Path) -> str:
    """Return a digest of the file and of the interpreter that its packages are installed for."""
    return hashlib.sha256(sys.version.encode() + file.read_bytes()).hexdigest()
