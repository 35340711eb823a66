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
    said = down.closing("dev", ["monitoring-dev-loki", "monitoring-dev-grafana"], "A backup is …")
    assert "  monitoring-dev-loki  # all stored log lines" in said
    assert "\nA backup is …\n" in said
    assert "docker volume rm monitoring-dev-loki monitoring-dev-grafana" in said
    assert "pulumi stack rm --preserve-config dev" in said


def test_without_volumes_none_is_offered_for_deletion() -> None:
    assert "docker volume rm" not in down.closing("dev", [], "A backup is …")
