"""The virtual environment `.venv`, filled from requirements.txt, every package by its hash."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from prepare import debian
from prepare.commands import ask
from prepare.places import PYTHON, ROOT, VENV
from prepare.progress import SetupError, note, step

PROGRAM = ("requirements.txt",)
TESTS = ("requirements.txt", "requirements-dev.txt")


def ready(files: tuple[str, ...] = PROGRAM) -> None:
    """Have `.venv` with what the files ask for; pip runs only after they have changed."""
    with step("Python packages") as this:
        if not ask(PYTHON, "-c", "").ok or was_moved():
            create()
        wanted = fingerprint([ROOT / name for name in files])
        stamp = VENV / f".installed-{len(files)}"
        if stamp.exists() and stamp.read_text() == wanted:
            this.outcome = f"up to date in {VENV.name}"
            return
        note(f"pip install -r {files[-1]} (half a minute the first time)")
        pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        answer = ask(*pip, "--require-hashes", "-r", ROOT / files[-1], seconds=1200)
        if not answer.ok:
            raise SetupError(f"pip could not install {files[-1]}: {answer.complaint}")
        stamp.write_text(wanted)
        this.outcome = f"installed into {VENV.name}"


def was_moved(folder: Path = VENV) -> bool:
    """Whether `.venv` was made elsewhere: its scripts then call a Python of that place."""
    script = folder / "bin" / "pip"
    return not script.exists() or str(folder.resolve()) not in script.read_text()


def create() -> None:
    """Make `.venv` anew. Debian keeps what `python3 -m venv` needs in a package of its own."""
    if not ask(sys.executable, "-c", "import ensurepip, venv").ok:
        if not debian.may_install():
            raise SetupError(
                "Python's venv module is not installed: run `sudo apt-get install python3-venv` "
                "(or your system's package of that name), then try again."
            )
        debian.install("python3-venv")
    shutil.rmtree(VENV, ignore_errors=True)
    answer = ask(sys.executable, "-m", "venv", VENV, seconds=300)
    if not answer.ok:
        raise SetupError(f"python3 -m venv {VENV} failed: {answer.complaint}")


def fingerprint(files: list[Path]) -> str:
    """A digest of the files and of the interpreter that their packages are installed for."""
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
