"""A stack's programs as the engine has them: held still while a volume is copied, or stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
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
from stack.settings.model import prefix

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
                do(self.host, how.value, self.name)
            yield
        finally:
            try:
                do(self.host, back, self.name)
            except CommandError as error:
                note(f"{error}; run it: nothing else does")
        self.wait()

    def wait(self) -> None:
        """Wait until its health check passes. Raises `CommandError`."""
        deadline = time.monotonic() + _READY_SECONDS
        while ask(self.host, "exec", self.name, *self.health).returncode:
            if time.monotonic() > deadline:
                raise CommandError(
                    f"{self.name} is not ready after {_READY_SECONDS} s: see `docker logs`"
                )
            time.sleep(_PAUSE_SECONDS)


def do(host: str, command: str, *names: str) -> None:
    """Pause, unpause, stop or start containers; Ctrl-C does not cut that off.

    Raises `CommandError`.
    """
    answer = finish("docker", "--host", host, command, *names)
    if not answer.ok:
        raise CommandError(f"docker {command} {' '.join(names)} failed: {answer.complaint}")


def containers(host: str, stack: str) -> dict[str, Container]:
    """Return the containers of a stack that the engine has, by service, in the order of BACKUPS."""
    names = {f"{prefix(stack)}-{service}": service for service in BACKUPS}
    answer = ask(host, "container", "inspect", *names)
    found: list[dict[str, Any]] = json.loads(answer.stdout or "[]")
    return {names[each["Name"].lstrip("/")]: _container(host, each) for each in found}


def _container(host: str, content: Mapping[str, Any]) -> Container:
    health = (content["Config"].get("Healthcheck") or {}).get("Test") or ["CMD", "true"]
    name, status = content["Name"].lstrip("/"), content["State"]["Status"]
    return Container(host, name, content["Image"], status, tuple(health[1:]))


def versions(host: str, images: Mapping[str, str]) -> dict[str, str]:
    """Return the version of each service's program in its image. Raises `CommandError`."""
    # At once: over ssh, each takes connections of its own.
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda service: _version(host, service, images[service]), images)
        return dict(zip(images, found, strict=True))


def _version(host: str, service: str, image: str) -> str:
    entrypoint, *arguments = BACKUPS[service].version
    run = ("run", "--rm", "--network=none", f"--entrypoint={entrypoint}", image, *arguments)
    answer = ask(host, *run)
    numbers = parse_version(answer.stdout + answer.stderr)
    if answer.returncode or not numbers:
        raise CommandError(f"the version of {image} is not known: {answer.stderr.strip()}")
    return ".".join(map(str, numbers))
