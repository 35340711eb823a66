"""A backup's file: a tar, compressed with zstd, of a stack's volumes and of what is known of them.

Its first member says what it is, its last one has the checksums: a file that was cut has none.
`tar --zstd -tf` lists it.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, field
from typing import IO, Any, cast

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORMAT = 1
SUFFIX = ".tar.zst"
ABOUT = "about.json"
CHECKSUMS = "checksums.json"
VOLUMES = "volumes/"
_OPTIONS: dict[int, int] = {
    zstd.CompressionParameter.compression_level: 3,
    zstd.CompressionParameter.checksum_flag: 1,
}


@dataclass(frozen=True)
class About:
    """What a backup is of.

    Attributes:
        time: when it was begun, in UTC, as ISO 8601 has it.
        programs: the version of each program whose volume is in it, by service.
        images: their images, likewise.
        settings: of the environment, without its secrets.
        seconds: how long each program did not answer; only known once the backup is complete.
    """

    stack: str
    time: str
    programs: Mapping[str, str]
    images: Mapping[str, str]
    settings: Mapping[str, Any]
    format: int = FORMAT
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Content:
    """What a volume held: its files, their bytes, and a digest of them with names and owners."""

    files: int
    size: int
    sha256: str


class Tally:
    """Sees all members of a volume go by; `told` hears of their bytes, piece by piece."""

    def __init__(self, told: Callable[[int], None]) -> None:
        self._told = told
        self._digest = hashlib.sha256()
        self._files = self._size = 0

    def see(self, tar: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> IO[bytes] | None:
        """Return the member's bytes, which are seen as they are read; None where it has none."""
        known = (name, member.mode, member.uid, member.gid, member.size, member.linkname)
        self._digest.update(repr((member.type, *known)).encode())
        if not member.isreg():
            return None
        self._files += 1
        self._size += member.size
        self._source = data_of(tar, member)
        return cast("IO[bytes]", self)

    def read(self, size: int) -> bytes:
        """Read on in the member that was seen last."""
        data = self._source.read(size)
        self._digest.update(data)
        self._told(len(data))
        return data

    def content(self) -> Content:
        """Return what was seen."""
        return Content(self._files, self._size, self._digest.hexdigest())


class Writer:
    """Writes a backup to a stream, which need not be a file, within a `with` block."""

    def __init__(self, output: IO[bytes], about: About) -> None:
        self._compressed = zstd.ZstdFile(output, "w", options=_OPTIONS)
        self._tar = tarfile.open(  # noqa: SIM115 - closed by `__exit__`
            fileobj=self._compressed, mode="w|", format=tarfile.PAX_FORMAT
        )
        self._contents: dict[str, Content] = {}
        self._add(ABOUT, asdict(about))

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # After a failure the stream may be a broken one, and that is not the news.
        with suppress(OSError) if kind else nullcontext():
            self._tar.close()
            self._compressed.close()

    def volume(self, name: str, source: IO[bytes], told: Callable[[int], None]) -> Content:
        """Add a volume, given as a tar; `told` hears of its bytes, piece by piece."""
        tally = Tally(told)
        with tarfile.open(fileobj=source, mode="r|") as volume:
            for member in members(volume):
                data = tally.see(volume, member, member.name)
                member.name = f"{VOLUMES}{name}/{member.name}"
                # They would win over the name.
                member.pax_headers = {}
                self._tar.addfile(member, data)
                forget(self._tar)
        self._contents[name] = tally.content()
        return self._contents[name]

    def finish(self, seconds: Mapping[str, float]) -> None:
        """Add the checksums, and how long each program did not answer."""
        contents = {name: asdict(content) for name, content in self._contents.items()}
        self._add(CHECKSUMS, {"volumes": contents, "seconds": dict(seconds)})

    def _add(self, name: str, content: object) -> None:
        data = json.dumps(content, indent=2).encode()
        member = tarfile.TarInfo(name)
        member.size = len(data)
        self._tar.addfile(member, io.BytesIO(data))


def members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members, keeping none: a volume may have a million."""
    for member in tar:
        forget(tar)
        yield member


def forget(tar: tarfile.TarFile) -> None:
    """Forget the members that went by, which Python keeps."""
    vars(tar)["members"].clear()


def data_of(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    """Return a file's bytes. Raises TarError for what is not a file."""
    data = tar.extractfile(member)
    if data is None:
        raise tarfile.ReadError(f"{member.name} is not a file")
    return data
