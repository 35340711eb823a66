"""Backs a stack up while it runs: one file with its volumes, without a line or a sample lost."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from bootstrap.progress import CommandError, step
from operate import (
    archive,
    backup_files,
    environments,
    programs,
    stack_images,
    stacks,
    volumes,
)
from operate.programs import BACKUPS, Container
from setup import docker_engine, pulumi_cli
from setup.command import JSON, STACK, Command, Option
from stack.settings.model import DEFAULT_IMAGES, prefix


@dataclass(frozen=True)
class Part:
    """A volume that the engine has, the image of its program, and the container if there is one."""

    service: str
    image: str
    container: Container | None


def backup(stack: str, file: str, *, json: bool = False) -> None:
    """Write one file with all data of a stack, which runs on meanwhile."""
    pulumi_cli.ready(stack)
    made = stacks.existing(stack)
    if made is None:
        raise CommandError(f"there is no stack {stack}: nothing to back up")
    config = made.config()
    docker_engine.ready(config.get(environments.DOCKER_HOST))
    host = docker_engine.address(config.get(environments.DOCKER_HOST))
    with step("Backup") as this, ended_by_signals():
        with backup_files.writing(stack, file, environments.backups(stack)) as (name, output):
            result = {"file": name, **write(host, stack, config, output)}
        backup_files.remember(stack, result)
        size = sum(result["bytes"].values())
        this.outcome = f"{name}, {size / 1e6:.1f} MB before compression; {spoken(result)}"
    if json:
        # Where the backup itself goes to standard output, the summary must not.
        out = sys.stderr if file == backup_files.PIPE else sys.stdout
        print(backup_files.as_json(result), file=out)


COMMAND = Command(
    "backup",
    backup,
    (
        STACK,
        Option(
            "file",
            "where to: a path, s3://bucket/name, or - for standard output"
            " (default: in monitoring:backups, or else in backups/)",
            "",
        ),
        JSON,
    ),
)


def write(host: str, stack: str, config: Mapping[str, Any], output: IO[bytes]) -> dict[str, Any]:
    """Write a backup of a stack's volumes on the engine at `host`; return a summary of it.

    `config` is the stack's configuration, its secrets as None. Raises `CommandError`.
    """
    found = parts(host, stack, config)
    if not found:
        raise CommandError(f"the engine has no volume of the stack {stack}: nothing to back up")
    images = {each.service: each.image for each in found}
    about = archive.About(
        stack=stack,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        programs=programs.versions(host, images),
        images={e.service: image(config, e.service) for e in found},
        settings={key: value for key, value in config.items() if value is not None},
    )
    seconds: dict[str, float] = {}
    contents: dict[str, archive.Content] = {}
    shell = images.get(programs.SHELL) or image(config, programs.SHELL)
    with (
        volumes.mounted(host, prefix(stack), tuple(images), shell) as opened,
        archive.Writer(output, about) as writer,
    ):
        for each in found:
            name = each.service
            seconds[name] = _snapshot(opened, each)
            with opened.copied(name) as source:
                contents[name] = writer.volume(name, source, backup_files.Progress(name))
        writer.finish(seconds)
    sizes = {name: content.size for name, content in contents.items()}
    return {"stack": stack, "time": about.time, "seconds": seconds, "bytes": sizes}


def spoken(result: Mapping[str, Any]) -> str:
    """Say how long each program did not answer."""
    held = {name: seconds for name, seconds in result["seconds"].items() if seconds}
    return ", ".join(f"{name} did not answer for {held[name]} s" for name in held) or "all answered"


def parts(host: str, stack: str, config: Mapping[str, Any]) -> list[Part]:
    """Return the volumes that the engine has of a stack, in the order in which they are copied."""
    present = volumes.ask(host, "volume", "ls", "--quiet").stdout.split()
    containers = programs.containers(host, stack)
    found = []
    for service in BACKUPS:
        if f"{prefix(stack)}-{service}" in present:
            container = containers.get(service)
            used = container.image if container else image(config, service)
            found.append(Part(service, used, container))
    return found


def image(config: Mapping[str, Any], service: str) -> str:
    """Return the image that a stack's configuration names for a service, or the default."""
    written = config.get(f"monitoring:{service}")
    return stack_images.chosen_image(written, DEFAULT_IMAGES[service])


def _snapshot(opened: volumes.Volumes, part: Part) -> float:
    """Copy a volume within itself; return how long its program did not answer, in seconds."""
    how, began = BACKUPS[part.service], time.monotonic()
    with part.container.held(how.hold) if part.container else nullcontext():
        opened.snapshot(part.service, how.unchanging, how.left_out)
    return round(time.monotonic() - began, 1) if part.container and how.hold.value else 0


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let a signal end the block as Ctrl-C does, in order, so that no program stays paused."""
    ends = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(each, signal.default_int_handler) for each in ends]
    try:
        yield
    finally:
        for each, handler in zip(ends, before, strict=True):
            signal.signal(each, handler)
