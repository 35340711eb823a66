"""What `make down` says at its end."""

from __future__ import annotations

from pathlib import Path

from operate import down
from tests.unit.programs import fake


def test_the_volumes_of_a_stack_whose_name_begins_alike_are_not_offered_for_deletion(
    on_path: Path,
) -> None:
    fake(on_path, "docker", "echo monitoring-dev-loki; echo monitoring-dev-2-loki; echo other")
    assert down.kept_volumes("dev") == ["monitoring-dev-loki"]


def test_what_remains_is_named_with_the_last_backup_and_how_to_remove_it() -> None:
    last = {"file": "backups/dev-1.tar.zst", "time": "2026-11-27T03:00:00+00:00"}
    said = down.closing("dev", ["monitoring-dev-loki", "monitoring-dev-grafana"], last)
    assert "  monitoring-dev-loki  # all stored log lines" in said
    assert "backups/dev-1.tar.zst, of 2026-11-27T03:00:00+00:00" in said
    assert "docker volume rm monitoring-dev-loki monitoring-dev-grafana" in said
    assert "pulumi stack rm --preserve-config dev" in said


def test_without_a_backup_the_way_to_one_is_said_while_there_are_volumes() -> None:
    kept = down.closing("dev", ["monitoring-dev-loki"], None)
    assert "`make backup STACK=dev` still makes one of them" in kept
    gone = down.closing("dev", [], None)
    assert "make backup" not in gone
    assert "docker volume rm" not in gone
