"""What is printed to back up every night."""

from __future__ import annotations

from pathlib import Path

from bootstrap.paths import ROOT
from operate import schedule

FOLDER = Path("/opt/docker-monitoring")


def test_the_documentation_shows_what_is_printed() -> None:
    printed = schedule.text("prod", "deploy", FOLDER, "")
    assert f"```ini\n{printed}\n```" in (ROOT / "docs/backup.md").read_text()


def test_what_is_in_an_object_store_is_not_deleted_here() -> None:
    assert "-delete" in schedule.text("prod", "deploy", FOLDER, "")
    assert "-delete" not in schedule.text("prod", "deploy", FOLDER, "s3://bucket/folder")


def test_a_folder_with_a_space_is_one_word_for_cron() -> None:
    assert "cd '/opt/the monitoring' &&" in schedule.text(
        "dev", "ann", Path("/opt/the monitoring"), ""
    )
