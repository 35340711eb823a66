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
