"""Where results are kept: one folder for each set of inputs, complete or not there at all."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from lab import progress

_KEY_LENGTH = 12


def directory() -> Path:
    """Return the lab's folder in the cache (`MONITORING_CACHE` overrides where that is)."""
    chosen = os.environ.get("MONITORING_CACHE")
    if chosen:
        return Path(chosen).absolute() / "lab"
    home = os.environ.get("XDG_CACHE_HOME")
    base = Path(home) if home else Path.home() / ".cache"
    return base / "docker-monitoring" / "lab"


def key(*inputs: str | Path) -> str:
    """Return a short hash of texts, and of files: their names, modes and contents.

    A folder stands for all files in it.
    """
    digest = hashlib.sha256()
    for item in inputs:
        if isinstance(item, str):
            digest.update(f"text {len(item)} {item}\n".encode())
            continue
        files = (
            sorted(path for path in item.rglob("*") if path.is_file()) if item.is_dir() else [item]
        )
        for path in files:
            content, executable = path.read_bytes(), os.access(path, os.X_OK)
            name = path.relative_to(item) if item.is_dir() else path.name
            digest.update(f"file {name} {executable} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()[:_KEY_LENGTH]


def log_file(name: str) -> Path:
    """Return an empty log for the build of `name`, in place of the one before."""
    log = directory() / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    return log


@contextlib.contextmanager
def locked() -> Iterator[Path]:
    """Hold the lab's lock, so that nothing is built twice, and yield an empty work folder.

    Builds wait for each other: each of them keeps all cores busy by itself.
    """
    directory().mkdir(parents=True, exist_ok=True)
    with (directory() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("waiting for another lab build on this machine")
            fcntl.flock(lock, fcntl.LOCK_EX)
        # Not one fixed folder: commands of a build that was killed may still write to theirs.
        shutil.rmtree(directory() / "work", ignore_errors=True)
        (directory() / "work").mkdir(exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=directory() / "work"))
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def obtain(name: str, inputs: str, what: str, make: Callable[[Path, Path, Path], None]) -> Path:
    """Return the result of `name` for the hash `inputs`, made now if it is not there.

    `make(work, result, log)` fills the empty folder `result`, may use the empty folder `work`
    and writes to `log`. A result appears under its final name only when it is complete.
    """
    ready = directory() / f"{name}-{inputs}"
    if ready.is_dir():
        return ready
    with locked() as work:
        if not ready.is_dir():
            result, scratch = work / "result", work / name
            result.mkdir()
            scratch.mkdir()
            with progress.step(what):
                make(scratch, result, log_file(name))
                result.rename(ready)
    return ready
