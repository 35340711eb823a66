"""Where backups are: files for their owner only, an object store, a pipe; and which is the last."""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, cast

from bootstrap.paths import ROOT
from bootstrap.progress import CommandError, note, step
from operate import archive, object_store

FOLDER = ROOT / "backups"
PIPE = "-"
_TELL_SECONDS = 5.0
_TIME = "%Y%m%dT%H%M%SZ"


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
def writing(
    stack: str, file: str, store: str | None = None, folder: Path = FOLDER
) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the name and the stream of a new backup; the file is there once it is complete.

    `file` is a path, a URL of an object store, or PIPE for standard output; empty for a name with
    the time, in the `store` if there is one, else in `folder`. Nothing is overwritten. Raises
    `CommandError`.
    """
    if file == PIPE:
        if sys.stdout.isatty():
            raise CommandError("FILE=- writes to a pipe, and this is a terminal")
        yield "standard output", sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    name = f"{stack}-{datetime.now(UTC).strftime(_TIME)}{archive.SUFFIX}"
    target = file or f"{store or folder}/{name}"
    if target.startswith(object_store.SCHEME):
        with object_store.writing(target) as output:
            yield target, output
        return
    path = Path(target)
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
def reading(
    stack: str, file: str, store: str | None = None, folder: Path = FOLDER
) -> Iterator[tuple[str, Path]]:
    """Yield the name and the file of a backup; one from elsewhere is kept while the block lasts.

    `file` is a path, a URL of an object store, or PIPE; empty for the newest of the stack in the
    `store` if there is one, else in `folder`. Raises `CommandError`.
    """
    name = file or newest(stack, store, folder)
    is_object = name.startswith(object_store.SCHEME)
    if name != PIPE and not is_object:
        yield name, Path(name)
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix=".", suffix=archive.SUFFIX) as copy:
        if is_object:
            with step("Download") as this:
                object_store.read(name, cast("IO[bytes]", copy))
                this.outcome = f"{name}, {copy.tell() / 1e6:.1f} MB"
        else:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield name, Path(copy.name)


def newest(stack: str, store: str | None = None, folder: Path = FOLDER) -> str:
    """Return the newest backup of a stack in the store, or else the folder, as URL or path.

    Raises `CommandError` without one.
    """
    place = store or str(folder)
    names = object_store.names(store) if store else [file.name for file in folder.glob("*")]
    found = _names(stack, names)
    if not found:
        raise CommandError(f"{place} has no backup of {stack}: say which with FILE=…")
    return f"{place}/{found[-1]}"


def _names(stack: str, names: Iterable[str]) -> list[str]:
    # The time begins with a digit, so that no other stack's name is meant.
    return sorted(fnmatch.filter(names, f"{stack}-2*Z{archive.SUFFIX}"))


def _time(name: str) -> str:
    written = name.removesuffix(archive.SUFFIX).rpartition("-")[2]
    return datetime.strptime(written, _TIME).replace(tzinfo=UTC).isoformat()


def remember(stack: str, result: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Keep the summary of a stack's last backup, wherever that went."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / f"{stack}.json").write_text(as_json(result) + "\n", encoding="utf-8")


def last(stack: str, store: str | None = None, folder: Path = FOLDER) -> dict[str, Any] | None:
    """Return `file` and `time` of a stack's last backup, or None where none is known.

    It is the newest in the `store` if there is one, else what was made here. Raises `CommandError`
    where the store does not answer.
    """
    if store:
        found = _names(stack, object_store.names(store))
        return {"file": f"{store}/{found[-1]}", "time": _time(found[-1])} if found else None
    try:
        content: dict[str, Any] = json.loads((folder / f"{stack}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content


def told(stack: str, store: str | None) -> str:
    """Say how old a stack's last backup is, or why that is not known."""
    try:
        return age(stack, last(stack, store), datetime.now(UTC))
    except CommandError as error:
        return f"How old the last backup is, is not known: {error}"


def age(stack: str, summary: Mapping[str, Any] | None, now: datetime) -> str:
    """Say how old the last backup is, given its summary, which is None where there is none."""
    if not summary:
        return f"No backup is known here: `make backup STACK={stack}` makes one of the volumes."
    hours = (now - datetime.fromisoformat(summary["time"])).total_seconds() / 3600
    return f"The last backup known here is {hours:.0f} h old: {summary['file']}"


def as_json(result: Mapping[str, Any]) -> str:
    """Return a summary as text."""
    return json.dumps(result, indent=2)
