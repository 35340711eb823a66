"""Reads a backup's file: checked to its last byte, or unpacked volume by volume."""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from bootstrap.progress import CommandError
from operate import archive
from operate.archive import About, Content

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# What JSON of another form leads to.
_MALFORMED = (ValueError, KeyError, TypeError, IndexError)


def verified(file: Path, told: Callable[[int], None]) -> About:
    """Read all of a backup and return what it is of. Raises `CommandError`.

    That is where it was cut or altered, or has a newer format than this program knows.
    """
    about: About | None = None
    found: dict[str, Content] = {}
    said: dict[str, Any] = {}
    with _opened(file) as tar:
        for name, members in groupby(archive.members(tar), _volume_of):
            tally = archive.Tally(told)
            for member in members:
                if member.name == archive.ABOUT:
                    about = _about(file, archive.data_of(tar, member).read())
                elif member.name == archive.CHECKSUMS:
                    said = json.loads(archive.data_of(tar, member).read())
                elif data := tally.see(tar, member, _inside(member)):
                    while data.read(1 << 20):
                        pass
            if name:
                found[name] = tally.content()
    if about is None or not said:
        raise CommandError(f"{file} is not a complete backup: its end is missing")
    if said["volumes"] != {name: asdict(content) for name, content in found.items()}:
        raise CommandError(f"{file} was altered: its volumes do not have the checksums it names")
    return replace(about, seconds=said["seconds"])


def unpack(file: Path, into: Callable[[str], AbstractContextManager[IO[bytes]]]) -> None:
    """Write each volume of a verified backup, as a tar, to the stream that `into` opens for it."""
    with _opened(file) as tar:
        for name, members in groupby(archive.members(tar), _volume_of):
            if not name:
                continue
            with into(name) as sink, tarfile.open(fileobj=sink, mode="w|") as output:
                for member in members:
                    member.name = _inside(member)
                    member.pax_headers = {}
                    output.addfile(member, archive.data_of(tar, member) if member.isreg() else None)
                    archive.forget(output)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    """Open a backup to be read from its beginning to its end, once. Raises `CommandError`."""
    try:
        with zstd.ZstdFile(file) as compressed, tarfile.open(fileobj=compressed, mode="r|") as tar:
            yield tar
            # zstd has a checksum of its own at the very end.
            while compressed.read(1 << 20):
                pass
    except FileNotFoundError as error:
        raise CommandError(f"there is no backup {file}") from error
    except (EOFError, tarfile.TarError, zstd.ZstdError, *_MALFORMED) as error:
        raise CommandError(f"{file} was cut or altered, or is not a backup: {error}") from error


def _about(file: Path, data: bytes) -> About:
    content = json.loads(data)
    if content["format"] > archive.FORMAT:
        raise CommandError(
            f"{file} has format {content['format']}, and this program knows formats up to"
            f" {archive.FORMAT}: take the program of the day of the backup, or a newer one"
        )
    return About(**content)


def _volume_of(member: tarfile.TarInfo) -> str:
    """Return the name of the volume that a member is of; empty for none."""
    return member.name.split("/")[1] if member.name.startswith(archive.VOLUMES) else ""


def _inside(member: tarfile.TarInfo) -> str:
    """Return a member's name in its volume, whose own folder is `.`."""
    return member.name.split("/", 2)[2]
