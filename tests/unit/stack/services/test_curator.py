"""The curator's own program, on folders laid out as Loki's."""

from __future__ import annotations

import base64
import os
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bootstrap.paths import ROOT
from stack.services import curator, loki
from tests.unit.conftest import Read

HOUR, DAY = 3_600, 86_400
LONGEST = 14 * DAY
MEGABYTE = 2**20
WITHIN = 20


def chunk(folder: Path, age: float, megabytes: int, *, written: float | None = None) -> None:
    """Write a chunk as Loki 3.7 names it, whose last line was printed so many seconds ago."""
    through = int((time.time() - age) * 1_000)
    name = base64.b64encode(f"{through - 1:x}:{through:x}:9011476a".encode()).decode()
    path = folder / "chunks/fake" / f"{through:x}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * megabytes * MEGABYTE)
    at = time.time() - (age if written is None else written)
    os.utime(path, (at, at))


@contextmanager
def runs(folder: Path, part: int) -> Iterator[dict[str, float]]:
    """Run it on the folder, and give what it shows to Prometheus."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = ROOT / "configs/curator/curator.pl"
    words = ["perl", str(script), str(folder), str(part), str(LONGEST), str(port)]
    with subprocess.Popen(words) as process:
        try:
            yield shown(port)
        finally:
            process.terminate()


def shown(port: int) -> dict[str, float]:
    deadline = time.monotonic() + WITHIN
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                text = answer.read().decode()
            break
        except OSError:
            assert time.monotonic() < deadline, "the curator does not answer"
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE)}


def limit(folder: Path) -> int:
    """Return the retention that Loki is told, in seconds."""
    text = (folder / "limits.yml").read_text()
    found = re.fullmatch(r"overrides: \{fake: \{retention_period: (\d+)s\}\}\n", text)
    assert found, text
    return int(found[1])


def test_lines_that_have_room_are_kept_for_as_long_as_the_settings_say(tmp_path: Path) -> None:
    for day in range(10):
        chunk(tmp_path, day * DAY + HOUR, 1)
    with runs(tmp_path, 100 * MEGABYTE) as metrics:
        assert limit(tmp_path) == LONGEST
    assert metrics["curator_retention_seconds"] == LONGEST
    assert metrics["curator_retention_limit_seconds"] == LONGEST
    assert metrics["curator_disk_limit_bytes"] == 100 * MEGABYTE
    assert 10 * MEGABYTE <= metrics["curator_disk_bytes"] < 11 * MEGABYTE


def test_of_lines_that_have_no_room_the_oldest_go(tmp_path: Path) -> None:
    (tmp_path / "chunks/index").mkdir(parents=True)
    (tmp_path / "chunks/index/20784").write_bytes(b"x" * 2 * MEGABYTE)
    for day in range(10):
        chunk(tmp_path, day * DAY + HOUR, 1)
    # A tenth is kept free, and two go to what is no chunk: five days have room.
    with runs(tmp_path, 8 * MEGABYTE):
        assert 4 * DAY + HOUR < limit(tmp_path) <= 5 * DAY + HOUR


def test_what_waits_to_be_stored_takes_what_is_kept_free_first(tmp_path: Path) -> None:
    (tmp_path / "wal").mkdir()
    log = tmp_path / "wal/00000001"
    for day in range(10):
        chunk(tmp_path, day * DAY + HOUR, 1)
    for megabytes, days in ((1, 9), (4, 7)):
        log.write_bytes(b"x" * megabytes * MEGABYTE)
        with runs(tmp_path, 11 * MEGABYTE):
            assert (days - 2) * DAY < limit(tmp_path) <= days * DAY + HOUR


def test_more_is_kept_free_for_what_comes_fast(tmp_path: Path) -> None:
    for minute in range(0, 40, 10):
        chunk(tmp_path, minute * 60, 4)
    chunk(tmp_path, 5 * HOUR, 8)
    chunk(tmp_path, 9 * HOUR, 64)
    # 16 came within the last 45 minutes: as much again has room only without the oldest.
    with runs(tmp_path, 88 * MEGABYTE):
        assert 5 * HOUR <= limit(tmp_path) <= 9 * HOUR


def test_old_lines_that_came_just_now_count_by_their_own_time(tmp_path: Path) -> None:
    for day in range(10):
        chunk(tmp_path, day * DAY + HOUR, 1, written=60)
    with runs(tmp_path, 8 * MEGABYTE):
        assert 4 * DAY < limit(tmp_path) <= 6 * DAY


def test_an_hour_of_lines_is_always_kept(tmp_path: Path) -> None:
    chunk(tmp_path, 600, 20)
    with runs(tmp_path, 10 * MEGABYTE):
        assert limit(tmp_path) == HOUR


def test_loki_reads_the_limits_that_the_curator_writes(read: Read) -> None:
    limited = read({"loki": {"retentionSize": "1GB", "retention": "2d"}})
    configuration = loki.configuration(limited)
    service = curator.describe(limited)
    [folder] = service.volumes_of.values()
    assert configuration["runtime_config"] == {"file": f"{folder}/limits.yml"}
    # Loki does not start without the file.
    assert f"{folder}/limits.yml" in [file.path for file in loki.describe(limited).files]
    assert service.command == (folder, str(2**30), str(2 * DAY), "9100")
    assert service.user == loki.describe(limited).user
    assert configuration["compactor"]["retention_delete_delay"] == "15m"


def test_without_a_limit_by_size_loki_is_as_it_was(read: Read) -> None:
    configuration = loki.configuration(read())
    assert "runtime_config" not in configuration
    assert "retention_delete_delay" not in configuration["compactor"]
    assert [file.path for file in loki.describe(read()).files] == ["/etc/loki/loki.yml"]


@pytest.mark.parametrize("image", ["example.org/promtail:1", None])
def test_its_image_is_promtails_unless_the_settings_say_otherwise(
    image: str | None, read: Read
) -> None:
    values = {"loki": {"retentionSize": "1GB"}, "promtail": {"image": "example.org/promtail:1"}}
    own = {} if image else {"curator": {"image": "example.org/perl:5"}}
    expected = image or "example.org/perl:5"
    assert curator.describe(read({**values, **own})).image == expected
