"""Where backups are: files that only their owner can read, or a pipe; and which was the last."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from bootstrap.paths import ROOT
from bootstrap.progress import CommandError, note
from operate import archive

FOLDER = ROOT / "backups"
PIPE = "-"
_TELL_SECONDS = 5.0


@dataclass
class Progress:
    """Says from time to time how much of something has gone by."""

    what: str
    size: int = 0
    _told: float = field(default_factory=time.monotonic)

    def __call__(self, size: int) -> None:
        """Hear of so many bytes more."""
        self.size += size
        if time.monotonic() - self._told > _TELL_SECONDS:
            self._told = time.monotonic()
            note(f"{self.what}: {self.size / 1e6:.0f} MB")


@contextmanager
def writing(stack: str, file: str, folder: Path = FOLDER) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the name and the stream of a new backup; the file is there once it is complete.

    `file` is a path, or PIPE for standard output; empty for a name with the time, in `folder`.
    Nothing is overwritten. Raises `CommandError`.
    """
    if file == PIPE:
        if sys.stdout.isatty():
            raise CommandError("FILE=- writes to a pipe, and this is a terminal")
        yield "standard output", sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = Path(file) if file else folder / f"{stack}-{now}{archive.SUFFIX}"
    part = path.with_name(f"{path.name}.part")
    if path.exists():
        raise CommandError(f"{path} is there already, and no backup is overwritten")
    try:
        if not file:
            folder.mkdir(mode=0o700, exist_ok=True)
        # Grafana's database is in it: at no time readable by others.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise CommandError(f"{part} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as output:
            yield str(path), output
            output.flush()
            os.fsync(descriptor)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def reading(stack: str, file: str, folder: Path = FOLDER) -> Iterator[Path]:
    """Yield the file of a backup: what standard input gives is kept for as long as the block lasts.

    `file` is a path, or PIPE; empty for the newest of the stack in `folder`. Raises `CommandError`.
    """
    if file != PIPE:
        yield Path(file) if file else newest(stack, folder)
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix=".", suffix=archive.SUFFIX) as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield Path(copy.name)


def newest(stack: str, folder: Path = FOLDER) -> Path:
    """Return the newest backup of a stack in the folder. Raises `CommandError` without one."""
    # The time begins with a digit, so that no other stack's name is meant.
    found = sorted(folder.glob(f"{stack}-2*Z{archive.SUFFIX}"))
    if not found:
        raise CommandError(f"{folder} has no backup of {stack}: say which with FILE=…")
    return found[-1]


def remember(stack: str, result: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Keep the summary of a stack's last backup, wherever that went."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / f"{stack}.json").write_text(as_json(result) + "\n", encoding="utf-8")


def last(stack: str, folder: Path = FOLDER) -> dict[str, Any] | None:
    """Return the summary of a stack's last backup that was made here; None where there is none."""
    try:
        content: dict[str, Any] = json.loads((folder / f"{stack}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content


def age(stack: str, summary: Mapping[str, Any] | None, now: datetime) -> str:
    """Say how old the last backup is, given its summary, which is None where there is none."""
    if not summary:
        return f"No backup was made here: `make backup STACK={stack}` makes one."
    hours = (now - datetime.fromisoformat(summary["time"])).total_seconds() / 3600
    return f"The last backup that was made here is {hours:.0f} h old: {summary['file']}"


def as_json(result: Mapping[str, Any]) -> str:
    """Return a summary as text."""
    return json.dumps(result, indent=2)
