"""The engine that is started by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from setup import dockerd
from tests.unit.programs import fake


@pytest.mark.parametrize(
    ("process", "kept"), [("dockerd", True), ("containerd", True), ("cron", False), (None, False)]
)
def test_only_a_dead_daemons_pid_file_is_removed(
    tmp_path: Path,
    process: str | None,
    kept: bool,
) -> None:
    pid_file = tmp_path / "docker.pid"
    pid_file.write_text("4711\n")
    if process:
        (tmp_path / "proc" / "4711").mkdir(parents=True)
        (tmp_path / "proc" / "4711" / "comm").write_text(f"{process}\n")
    dockerd.remove_if_stale(pid_file, tmp_path / "proc")
    assert pid_file.exists() is kept


def test_a_daemon_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    program = fake(tmp_path, "dockerd", "echo 'iptables not found' >&2; exit 1")
    with pytest.raises(CommandError, match="iptables not found"):
        dockerd.start_by_hand(
            [str(program)], f"unix://{tmp_path}/none", tmp_path / "log", tmp_path / "pid"
        )
