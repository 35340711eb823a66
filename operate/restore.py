"""Restores a stack from a backup, which is checked as a whole before anything changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bootstrap.progress import CommandError, step
from operate import archive_reader, backup, backup_files, environments, programs, up, volumes
from operate.archive import About
from setup import docker_engine
from setup.command import STACK, Command, Option
from setup.versions import parse_version
from stack.settings import docker_host
from stack.settings.model import prefix

FILE = Option(
    "file",
    "the backup: a path, s3://bucket/name, or - for standard input"
    " (default: the newest in monitoring:backups, or else in backups/)",
    "",
)


def restore(stack: str, file: str, *, replace: bool = False) -> None:
    """Fill the empty volumes of a stack with a backup; with REPLACE=yes also those that are not."""
    with backup_files.reading(stack, file, environments.backups(stack)) as (name, path):
        about = checked(path, name)
        made = up.ready(stack)
        config = made.config()
        host = docker_engine.address(config.get(docker_host.SETTING))
        with step("Restore") as this, backup.ended_by_signals():
            fill(host, stack, config, path, about, replace=replace)
            this.outcome = f"as it was at {about.time}"
    if not programs.containers(host, stack):
        print(f"Now bring it up: make up STACK={stack}")


COMMAND = Command(
    "restore",
    restore,
    (STACK, FILE, Option("replace", "lose what the volumes hold", default=False)),
)


def checked(file: Path, name: str = "") -> About:
    """Read all of a backup and return what it is of. Raises `CommandError`.

    `name` is what it is called where that is not the file's path.
    """
    with step("Backup") as this:
        about = archive_reader.verified(file, backup_files.Progress("checking"))
        this.outcome = f"{name or file}: {about.stack} at {about.time}, complete and unaltered"
        return about


def fill(  # noqa: PLR0913 - each says one thing
    host: str, stack: str, config: Mapping[str, Any], file: Path, about: About, *, replace: bool
) -> None:
    """Put a backup that was checked into a stack's volumes. Raises `CommandError`.

    Nothing is changed where its programs are newer than the stack's, or a volume holds data and is
    not to be replaced. What runs is stopped for the moment in which the new data takes the old
    one's place.
    """
    images = {name: backup.image(config, name) for name in about.programs}
    _check_versions(host, about, images)
    with volumes.mounted(
        host, prefix(stack), tuple(images), backup.image(config, programs.SHELL)
    ) as opened:
        full = opened.holding_data()
        if full and not replace:
            raise CommandError(
                f"nothing was changed: there is data in the volumes of {', '.join(full)}. To lose"
                " it for the backup's, add REPLACE=yes; a backup of it first: `make backup`"
            )
        archive_reader.unpack(file, opened.restoring)
        running = [e for e in programs.containers(host, stack).values() if e.status == "running"]
        names = [each.name for each in running]
        if names:
            programs.do(host, "stop", *names)
        opened.swap()
        if names:
            programs.do(host, "start", *reversed(names))
        for each in running:
            each.wait()


def _check_versions(host: str, about: About, images: Mapping[str, str]) -> None:
    """Raise `CommandError` where a program of the backup is newer than the stack's."""
    here = programs.versions(host, images)
    for service, was in about.programs.items():
        if parse_version(was) > parse_version(here[service]):
            raise CommandError(
                f"nothing was changed: the backup is of {service} {was}, and {images[service]} is"
                f" {here[service]}, which may not read it. Set monitoring:{service}.image to"
                f" {about.images[service]}, or to a newer one"
            )
