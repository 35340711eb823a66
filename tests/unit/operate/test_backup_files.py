"""Where backups go: readable by their owner only, complete or not there, and never overwritten."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from operate import backup_files


def test_a_backup_is_readable_by_its_owner_only_and_named_after_stack_and_time(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "backups"
    with backup_files.writing("dev", "", folder=folder) as (name, output):
        output.write(b"data")
        assert not Path(name).exists(), "it is there before it is complete"
    [file] = folder.iterdir()
    assert str(file) == name
    assert file.match("dev-2*Z.tar.zst")
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert backup_files.newest("dev", folder=folder) == str(file)


def test_one_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "backup.tar.zst"
    with (
        pytest.raises(ZeroDivisionError),
        backup_files.writing("dev", str(path)) as (_, output),
    ):
        output.write(b"%d" % (1 // 0))
    assert list(tmp_path.iterdir()) == []


def test_none_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "backup.tar.zst"
    path.write_text("the old one")
    with (
        pytest.raises(CommandError, match="no backup is overwritten"),
        backup_files.writing("dev", str(path)),
    ):
        pass
    assert path.read_text() == "the old one"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    path = tmp_path / "none" / "backup.tar.zst"
    with (
        pytest.raises(CommandError, match="No such file or directory"),
        backup_files.writing("dev", str(path)),
    ):
        pass


def test_the_newest_is_that_of_the_stack_and_of_no_other(tmp_path: Path) -> None:
    times = ("20261126T030000Z", "20261127T030000Z")
    names = [f"{stack}-{time}.tar.zst" for stack in ("dev", "dev-2", "prod") for time in times]
    for name in names:
        (tmp_path / name).touch()
    assert backup_files.newest("dev", folder=tmp_path) == str(tmp_path / names[1])
    with pytest.raises(CommandError, match="no backup of qa: say which with FILE="):
        backup_files.newest("qa", folder=tmp_path)


def test_the_last_is_remembered_wherever_it_went(tmp_path: Path) -> None:
    assert backup_files.last("dev", folder=tmp_path) is None
    backup_files.remember("dev", {"file": "-", "time": "2026-11-27T03:00:00+00:00"}, tmp_path)
    assert (backup_files.last("dev", folder=tmp_path) or {})["file"] == "-"
    (tmp_path / "dev.json").write_text("{")
    assert backup_files.last("dev", folder=tmp_path) is None


def test_how_old_the_last_backup_is_or_how_to_make_one() -> None:
    last = {"file": "backups/dev.tar", "time": "2026-11-26T03:00:00+00:00"}
    said = backup_files.age("dev", last, datetime(2026, 11, 27, 5, tzinfo=UTC))
    assert said == "The last backup known here is 26 h old: backups/dev.tar"
    assert "`make backup STACK=dev`" in backup_files.age("dev", None, datetime.now(UTC))
