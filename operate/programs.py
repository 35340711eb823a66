"""A stack's programs as the engine has them: held still while a volume is copied, or stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bootstrap.programs import finish
from bootstrap.progress import CommandError, note
from operate.volumes import ask
from setup.versions import parse_version
from stack.service import Backup, Hold
from stack.services import SERVICES

_READY_SECONDS = 300
_PAUSE_SECONDS = 0.2


SHELL = "promtail"
"""The service whose image has bash, GNU cp and tar: its start.sh needs them, too."""
BACKUPS: Mapping[str, Backup] = MappingProxyType(
    {entry.name: entry.backup for entry in reversed(SERVICES) if entry.backup}
)
"""How each service's volume is backed up, in the order in which they are copied, or stopped.

The collector comes before Loki: so it is never ahead of what Loki's copy has.
"""


@dataclass(frozen=True)
class Container:
    """A container that the engine has."""

    host: str
    name: str
    image: str
    status: str
    health: tuple[str, ...]

    @contextmanager
    def held(self, how: Hold) -> Iterator[None]:
        """Hold the program still for as long as the block lasts, and wait until it is ready."""
        if how is Hold.NOTHING or self.status not in ("running", "paused"):
            yield
            return
        back = {Hold.PAUSE: "unpause", Hold.STOP: "start"}[how]
        try:
            # One that is paused already was left so by a backup that was killed.
            if self.status == "running":
                self.do(how.value)
            yield
        finally:
            try:
                self.do(back)
            except CommandError as error:
                note(f"{error}; run it: nothing else does")
        self.wait()

    def do(self, command: str) -> None:
        """Pause, unpause, stop or start it; Ctrl-C does not cut that off. Raises `CommandError`."""
        answer = finish("docker", "--host", self.host, command, self.name)
        if not answer.ok:
            raise CommandError(f"docker {command} {self.name} failed: {answer.complaint}")

    def wait(self) -> None:
        """Wait until its health check passes. Raises `CommandError`."""
        deadline = time.monotonic() + _READY_SECONDS
        while ask(self.host, "exec", self.name, *self.health).returncode:
            if time.monotonic() > deadline:
                raise CommandError(
                    f"{self.name} is not ready after {_READY_SECONDS} s: see `docker logs`"
                )
            time.sleep(_PAUSE_SECONDS)


def container(host: str, name: str) -> Container | None:
    """Return the container of this name; None where the engine has none."""
    found = ask(host, "container", "inspect", name)
    if found.returncode:
        return None
    content: dict[str, Any] = json.loads(found.stdout)[0]
    health = (content["Config"].get("Healthcheck") or {}).get("Test") or ["CMD", "true"]
    status = content["State"]["Status"]
    return Container(host, name, content["Image"], status, tuple(health[1:]))


def version(host: str, service: str, image: str) -> str:
    """Return the version of a service's program in an image. Raises `CommandError`."""
    entrypoint, *arguments = BACKUPS[service].version
    run = ("run", "--rm", "--network=none", f"--entrypoint={entrypoint}", image, *arguments)
    answer = ask(host, *run)
    numbers = parse_version(answer.stdout + answer.stderr)
    if answer.returncode or not numbers:
        raise CommandError(f"the version of {image} is not known: {answer.stderr.strip()}")
    return ".".join(map(str, numbers))
