"""Which programs an update moves to another version, and what upstream changed in between.

upgrades.yml has what matters here. What a volume was last written by is known from the container
that uses it; after `pulumi destroy` nothing tells it any more.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from stack.docker import engine
from stack.service import Service
from stack.services import SERVICES

Version = tuple[int, ...]
"""It has three numbers; empty where the version is not known, as of an image by its digest."""
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_COMMANDS = {entry.name: entry.backup.version for entry in SERVICES if entry.backup}


@dataclass(frozen=True)
class Change:
    """What upstream changed.

    Attributes:
        version: the first that has it.
        what: a sentence or two in Markdown.
        link: where upstream says it.
        back: why there is no way back to an older version; empty where there is one.
        restorable: whether a backup that the older version made is a way back all the same.
    """

    version: str
    what: str
    link: str
    back: str = ""
    restorable: bool = False


CHANGES: Mapping[str, tuple[Change, ...]] = {
    service: tuple(Change(**each) for each in changes)
    for service, changes in yaml.safe_load(
        Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")
    ).items()
}
"""By service, oldest first."""


@dataclass(frozen=True)
class Move:
    """A program that gets another version."""

    service: str
    old: Version
    new: Version

    def __str__(self) -> str:
        return f"from {dotted(self.old)} to {dotted(self.new)}"

    @property
    def is_back(self) -> bool:
        """Whether it goes back to an older version."""
        return self.new < self.old

    @property
    def changes(self) -> list[Change]:
        """What it gets that matters here; nothing on the way back."""
        return [each for each in self._known() if self.old < parse(each.version) <= self.new]

    @property
    def barrier(self) -> Change | None:
        """The newest change behind which there is no way back."""
        crossed = [e for e in self._known() if self.new < parse(e.version) <= self.old and e.back]
        return crossed[-1] if crossed else None

    def _known(self) -> tuple[Change, ...]:
        return CHANGES.get(self.service, ())


def move(service: str, old: Version, new: Version) -> Move | None:
    """Return the move between two versions; None for the same, and where one is not known."""
    return Move(service, old, new) if old and new and old != new else None


def parse(text: str) -> Version:
    """Return the first version in a text."""
    found = _VERSION.search(text)
    return tuple(int(number or 0) for number in found.groups()) if found else ()


def of_image(name: str) -> Version:
    """Return the version in an image's tag."""
    return parse(name.partition("@")[0].rpartition("/")[2].partition(":")[2])


def dotted(version: Version) -> str:
    """Return a version as it is written."""
    return ".".join(map(str, version))


def way_back(going: Move, barrier: Change) -> str:
    """Say what to do instead of going back behind a change."""
    newer = f"Set monitoring:{going.service}.image to {barrier.version} or newer."
    if not barrier.restorable:
        return f"{newer} For an older one, take this program as it was at that time, too."
    return (
        f"{newer} To go back all the same, with a backup of the older version and without what was"
        " stored since: `make down`, `make restore FILE=… REPLACE=yes`, `make up`."
    )


def backup_first(stack: str, age: str) -> str:
    """Offer a backup before a program moves; `age` is a sentence on the last one, or empty."""
    return f"First `make backup STACK={stack}`: `make restore` is the way back. {age}".strip()


def planned(address: str, prefix: str, services: tuple[Service, ...]) -> list[Move]:
    """Return what moves, of the services that have a container and a volume on the engine.

    Programs are asked for their version; where the engine does not have an image yet, its tag says
    it. Raises EngineError without an answer.
    """
    kept = {f"/{prefix}-{each.name}": each for each in services if each.name in _COMMANDS}
    if not kept or not shutil.which("docker"):
        return []
    names = [name.removeprefix("/") for name in kept]
    # Of several it shows those that are there.
    shown = engine.answered(
        address, "container", "inspect", "--format", "{{.Name}} {{.Image}}", *names
    )
    # It prints an empty line where there is none.
    lines = [line.split() for line in shown.stdout.splitlines() if line]
    running = [(kept[name], image) for name, image in lines]
    if not running:
        return []
    ids = _ids(address, [service.image for service, _ in running])
    moves = [
        move(
            service.name,
            _asked(address, service.name, old),
            _asked(address, service.name, ids.get(service.image)) or of_image(service.image),
        )
        for service, old in running
        if ids.get(service.image) != old
    ]
    return [each for each in moves if each]


def _ids(address: str, images: list[str]) -> dict[str, str]:
    """Return the engine's ids of images by name, of those that it has."""
    answer = engine.answered(address, "image", "inspect", "--format", "{{.Id}}", *images)
    missing = re.findall(r"No such (?:image|object): (\S+)", answer.stderr)
    present, ids = [image for image in images if image not in missing], answer.stdout.split()
    return dict(zip(present, ids, strict=True)) if len(present) == len(ids) else {}


def _asked(address: str, service: str, image: str | None) -> Version:
    """Have a program say its version; empty where there is no image."""
    if not image:
        return ()
    entrypoint, *arguments = _COMMANDS[service]
    run = ("run", "--rm", "--network=none", f"--entrypoint={entrypoint}", image, *arguments)
    answer = engine.answered(address, *run)
    return parse(answer.stdout + answer.stderr) if not answer.returncode else ()
