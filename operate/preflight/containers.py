"""The containers that run on the engine: can their lines be read, now and after an outage?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stack.docker import engine
from stack.docker.preflight import Finding
from stack.service import PROXY_FOLDER
from stack.settings.model import Settings

# Without the environment, which holds secrets.
_FORMAT = (
    '{"name":{{json .Name}},"labels":{{json .Config.Labels}},"logs":{{json .HostConfig.LogConfig}},'
    '"mounts":{{json .Mounts}},"path":{{json .Path}},"arguments":{{json .Args}}}'
)
# What Docker's drivers keep where nothing is set: the size of a file, and how many. From
# https://docs.docker.com/engine/logging/configure/; what json-file keeps has no limit.
_DEFAULTS = {"json-file": ("", "1"), "local": ("20m", "5")}
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_ENOUGH_BYTES = 10**7
"""A minute of 1,000 lines a second, each of 170 bytes."""
_LINES = '  logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}'
_WRITE = f"In the service's compose file, then `docker compose up -d`:\n{_LINES}"


@dataclass(frozen=True)
class Container:
    """A running container, as far as its log matters.

    Attributes:
        options: of the log driver.
        reads_the_engine: whether it is a Promtail that has the engine's socket, or its proxy's.
    """

    name: str
    labels: Mapping[str, str]
    driver: str
    options: Mapping[str, str]
    reads_the_engine: bool


def running(address: str) -> list[Container]:
    """Return the engine's running containers."""
    ids = engine.ask(address, "ps", "--quiet", "--no-trunc")
    if not ids:
        return []
    # It fails where one of them has ended meanwhile, and still shows the others.
    return read(engine.answered(address, "inspect", "--format", _FORMAT, *ids).stdout)


def read(text: str) -> list[Container]:
    """Read what `docker inspect` printed, a line for each container."""
    return [_container(json.loads(line)) for line in text.splitlines() if line]


def _container(found: Mapping[str, Any]) -> Container:
    name, logs = found["name"].removeprefix("/"), found["logs"]
    words = json.dumps([name, found["path"], found["arguments"]])
    mounts = json.dumps(found["mounts"])
    return Container(
        name,
        found["labels"] or {},
        logs["Type"],
        logs["Config"] or {},
        reads_the_engine="promtail" in words
        and any(socket in mounts for socket in ("docker.sock", PROXY_FOLDER)),
    )


def findings(containers: Iterable[Container], settings: Settings) -> Iterator[Finding]:
    """Find the containers whose lines are lost, or would be, and who else collects them."""
    # Another stack's name may begin with this one's: dev, dev-2.
    own = re.compile(rf"{re.escape(settings.prefix)}-[a-z]+")
    foreign = [each for each in containers if not own.fullmatch(each.name)]
    collected = [each for each in foreign if _is_collected(each, settings)]
    unreadable = [each for each in collected if _is_unreadable(each)]
    if unreadable:
        yield Finding(
            f"The engine keeps no line of {_names(unreadable)}: log driver {_drivers(unreadable)}.",
            "What they print cannot be collected.",
            _WRITE,
        )
    readable = [each for each in collected if each not in unreadable]
    uncounted = [each for each in readable if each.driver != "json-file"]
    if uncounted:
        yield Finding(
            f"{_names(uncounted)} log with the driver {_drivers(uncounted)}.",
            "Lines are read from the engine's copy; those that are rotated away before that are"
            " not counted as lost, since that is done in the files of json-file.",
            _WRITE,
        )
    small = [each for each in readable if _kept_bytes(each) < _ENOUGH_BYTES]
    if small:
        yield Finding(
            f"The log files of {_names(small)} are small.",
            "What is printed during an outage of a minute can be rotated away before it is read:"
            " once the newest file is full, only max-file less one are left.",
            _WRITE,
        )
    yield from _other_collectors(foreign, settings)


def _other_collectors(foreign: Iterable[Container], settings: Settings) -> Iterator[Finding]:
    logs = settings.logs
    others = [each for each in foreign if each.reads_the_engine]
    if others and not (logs.projects or logs.include_names or logs.include_labels):
        yield Finding(
            f"{_names(others)} may collect the logs of this engine too, and this stack collects"
            " those of all containers.",
            "Lines are then read and stored twice, and each environment shows the other's.",
            f"In Pulumi.{settings.stack}.yaml, with your compose project, and so in the other"
            " environment:\n  monitoring:logs: {projects: [shop]}",
        )


def _is_collected(container: Container, settings: Settings) -> bool:
    logs, labels = settings.logs, container.labels
    if any(re.fullmatch(name, container.name) for name in logs.exclude_names):
        return False
    named = any(re.fullmatch(name, container.name) for name in logs.include_names)
    pairs = (label.partition("=") for label in logs.include_labels)
    return (
        (named or not logs.include_names)
        and all(key in labels and value in ("", labels[key]) for key, _, value in pairs)
        and (not logs.projects or labels.get("com.docker.compose.project") in logs.projects)
    )


def _is_unreadable(container: Container) -> bool:
    """Return whether the engine has no copy of the lines; of other drivers it keeps one itself."""
    return container.driver == "none" or container.options.get("cache-disabled") == "true"


def _kept_bytes(container: Container) -> float:
    """Return what is at least kept: a newest file has just begun."""
    size, files = _DEFAULTS.get(container.driver, ("", "1"))
    size = container.options.get("max-size", size)
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmg]?)b?", size.lower())
    if not match:
        return float("inf")
    return float(match[1]) * _UNITS[match[2]] * (int(container.options.get("max-file", files)) - 1)


def _names(containers: Iterable[Container]) -> str:
    return ", ".join(sorted(each.name for each in containers))


def _drivers(containers: Iterable[Container]) -> str:
    return ", ".join(sorted({each.driver for each in containers}))
