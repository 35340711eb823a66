"""A backup's file gives back what was written into it, or says that it cannot."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from operate import archive, archive_reader

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ABOUT = archive.About(
    stack="dev",
    time="2026-11-27T03:00:00+00:00",
    programs={"loki": "3.7.8"},
    images={"loki": "grafana/loki:3.7.8"},
    settings={"monitoring:loki": {"retention": "30d"}},
)
FILES = {"./wal/0001": b"log" * 1000, "./chunks/ä name": b"", f"./{'long' * 40}": b"x"}


def quiet(_size: int) -> None:
    """Hear of nothing."""


def volume(files: dict[str, bytes]) -> io.BytesIO:
    """Return a tar as one of a volume looks: a folder, files of a user, a link."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w|", format=tarfile.GNU_FORMAT) as tar:
        folder = tarfile.TarInfo(".")
        folder.type, folder.mode, folder.uid = tarfile.DIRTYPE, 0o700, 10001
        tar.addfile(folder)
        for name, content in files.items():
            file = tarfile.TarInfo(name)
            file.size, file.uid, file.gid, file.mode = len(content), 10001, 10002, 0o640
            tar.addfile(file, io.BytesIO(content))
        link = tarfile.TarInfo("./link")
        link.type, link.linkname = tarfile.SYMTYPE, "wal"
        tar.addfile(link)
    output.seek(0)
    return output


def written(about: archive.About = ABOUT) -> bytes:
    """Return a backup of two volumes."""
    output = io.BytesIO()
    with archive.Writer(output, about) as writer:
        writer.volume("promtail", volume({"./delivered.yml": b"positions:"}), quiet)
        writer.volume("loki", volume(FILES), quiet)
        writer.finish({"loki": 0.4})
    return output.getvalue()


def decompressed(content: bytes) -> bytes | None:
    """Return what zstd makes of it; None where it refuses it."""
    try:
        return zstd.decompress(content)
    except zstd.ZstdError:
        return None


def file(folder: Path, content: bytes) -> Path:
    """Return a file with this content."""
    path = folder / "backup.tar.zst"
    path.write_bytes(content)
    return path


def test_it_gives_back_every_volume_with_owners_modes_and_links(tmp_path: Path) -> None:
    given: dict[str, io.BytesIO] = {}

    @contextmanager
    def into(name: str) -> Iterator[io.BytesIO]:
        given[name] = io.BytesIO()
        yield given[name]

    path = file(tmp_path, written())
    assert archive_reader.verified(path, quiet) == replace(ABOUT, seconds={"loki": 0.4})
    archive_reader.unpack(path, into)
    assert list(given) == ["promtail", "loki"]
    given["loki"].seek(0)
    with tarfile.open(fileobj=given["loki"]) as tar:
        found = {each.name: each for each in tar}
        contents = {name: getattr(tar.extractfile(name), "read", bytes)() for name in FILES}
    assert contents == FILES
    assert (found["."].mode, found["."].uid) == (0o700, 10001)
    assert (found["./wal/0001"].mode, found["./wal/0001"].gid) == (0o640, 10002)
    assert found["./link"].linkname == "wal"


def test_it_can_be_listed_with_tar(tmp_path: Path) -> None:
    with zstd.open(file(tmp_path, written())) as content, tarfile.open(fileobj=content) as tar:
        names = tar.getnames()
    assert names[0] == "about.json"
    assert names[-1] == "checksums.json"
    assert "volumes/loki/./wal/0001" in names


def test_one_that_was_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = written()
    for size in range(len(whole)):
        with pytest.raises(CommandError, match=r"cut|complete"):
            archive_reader.verified(file(tmp_path, whole[:size]), quiet)


def test_one_of_which_a_byte_was_altered_is_refused(tmp_path: Path) -> None:
    whole = written()
    for at in range(len(whole)):
        bad = whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]
        if decompressed(bad) == decompressed(whole):
            continue  # zstd does not use every bit of a header
        with pytest.raises(CommandError, match="altered"):
            archive_reader.verified(file(tmp_path, bad), quiet)


def test_one_whose_content_was_altered_and_compressed_again_is_refused(tmp_path: Path) -> None:
    for old, new in ((b"loglog", b"gollog"), (b"delivered.yml", b"derevilde.yml")):
        plain = zstd.decompress(written())
        assert old in plain
        altered = plain.replace(old, new, 1)
        with pytest.raises(CommandError, match="altered"):
            archive_reader.verified(file(tmp_path, zstd.compress(altered)), quiet)


def test_one_without_its_last_volume_is_refused(tmp_path: Path) -> None:
    output = io.BytesIO()
    plain = io.BytesIO(zstd.decompress(written()))
    with tarfile.open(fileobj=output, mode="w") as new, tarfile.open(fileobj=plain) as old:
        for each in old:
            if not each.name.startswith("volumes/loki/"):
                new.addfile(each, old.extractfile(each) if each.isreg() else None)
    with pytest.raises(CommandError, match="altered"):
        archive_reader.verified(file(tmp_path, zstd.compress(output.getvalue())), quiet)


def test_one_of_a_newer_format_is_refused_and_says_what_reads_it(tmp_path: Path) -> None:
    newer = written(replace(ABOUT, format=archive.FORMAT + 1))
    with pytest.raises(CommandError, match="has format 2, and this program knows formats up to 1"):
        archive_reader.verified(file(tmp_path, newer), quiet)


@pytest.mark.parametrize("content", [b"", b"no archive", zstd.compress(b"no tar" * 2000)])
def test_what_is_no_backup_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"not a (complete )?backup"):
        archive_reader.verified(file(tmp_path, content), quiet)


def test_a_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"there is no backup .*/none"):
        archive_reader.verified(tmp_path / "none", quiet)


def test_a_tar_that_ends_too_early_makes_no_backup(tmp_path: Path) -> None:
    output, short = io.BytesIO(), io.BytesIO(volume(FILES).getvalue()[:1500])
    with pytest.raises(tarfile.TarError), archive.Writer(output, ABOUT) as writer:
        writer.volume("loki", short, quiet)
    with pytest.raises(CommandError, match="its end is missing"):
        archive_reader.verified(file(tmp_path, output.getvalue()), quiet)


def test_what_it_is_of_is_json_that_a_person_can_read(tmp_path: Path) -> None:
    with zstd.open(file(tmp_path, written())) as content, tarfile.open(fileobj=content) as tar:
        member = tar.extractfile("about.json")
        assert member
        assert json.load(member)["settings"] == ABOUT.settings
