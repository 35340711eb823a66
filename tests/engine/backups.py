"""Backups of an environment, made and restored as the commands do it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from operate import backup, restore
from stack.settings.docker_host import LOCAL
from tests.engine.environment import Environment


def write(environment: Environment, file: Path) -> dict[str, Any]:
    """Write a backup, and return the summary of it."""
    with file.open("wb") as output:
        return backup.write(LOCAL, environment.name, environment.config(), output)


def fill(environment: Environment, file: Path, *, replace: bool = False) -> None:
    """Restore from a file. Raises `CommandError` where that is refused."""
    about, config = restore.checked(file), environment.config()
    restore.fill(LOCAL, environment.name, config, file, about, replace=replace)
