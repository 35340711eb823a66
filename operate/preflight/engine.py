"""The engine itself: its version, memory, clock and images."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from setup.versions import parse_version
from stack.docker import engine
from stack.docker.preflight import Finding
from stack.service import Service

MINIMUM = (20, 10, 0)
"""The oldest engine that knows `host-gateway`, and the oldest that the tests run on."""
_MOST_OF_MEMORY = 0.75  # the rest is for the application, the engine and the kernel
_SKEW_SECONDS = 5


def findings(
    info: Mapping[str, Any], seconds_ahead: float, services: tuple[Service, ...]
) -> Iterator[Finding]:
    """Judge what `docker info` says, and by how much the engine's clock is ahead of this one."""
    yield from _version(info)
    yield from _memory(info, services)
    if abs(seconds_ahead) > _SKEW_SECONDS:
        way = "ahead of" if seconds_ahead > 0 else "behind"
        yield Finding(
            f"The engine's clock is {abs(seconds_ahead):.0f} s {way} this machine's.",
            "Graphs and lines are then not where people look for them, and alerts come at the"
            " wrong time.",
            "Synchronise both: `timedatectl set-ntp true`. Docker Desktop: restart it.",
        )


def seconds_ahead(info: Mapping[str, Any], asked: float) -> float:
    """Return by how much the engine's clock is ahead; it was `asked` then, and answered by now."""
    now = time.time()
    theirs = datetime.fromisoformat(info["SystemTime"]).timestamp()
    # It looked at its clock at some time between the two.
    return min(theirs - asked, 0.0) + max(theirs - now, 0.0)


def missing_images(address: str, services: tuple[Service, ...]) -> list[str]:
    """Return the images that the engine does not have."""
    images = sorted({service.image for service in services})
    answer = engine.answered(address, "image", "inspect", "--format", "{{.Id}}", *images)
    return re.findall(r"No such (?:image|object): (\S+)", answer.stderr)


def to_pull(address: str, missing: list[str]) -> Iterator[Finding]:
    """Name the images that the engine must pull first."""
    if missing:
        pulls = [f"docker --host {address} pull {image}" for image in missing]
        yield Finding(
            f"The engine does not have {', '.join(missing)} yet.",
            "It must reach the registry, and a service is away for as long as its image takes.",
            f"Pull first: {' && '.join(pulls)}",
        )


def _version(info: Mapping[str, Any]) -> Iterator[Finding]:
    version = info["ServerVersion"]
    if parse_version(version) < MINIMUM:
        oldest = ".".join(map(str, MINIMUM[:2]))
        yield Finding(
            f"The engine is Docker {version}.",
            f"What the stack asks of it came with {oldest}.",
            "Upgrade it: https://docs.docker.com/engine/install/",
            stops=True,
        )


def _memory(info: Mapping[str, Any], services: tuple[Service, ...]) -> Iterator[Finding]:
    total = info["MemTotal"]
    limits = {service.name: service.memory.bytes for service in services}
    if not info["MemoryLimit"]:
        yield Finding(
            "The engine cannot limit memory.",
            "A query that is too large can then take the application's.",
            "Enable the kernel's memory control group: on a Raspberry Pi, write"
            " `cgroup_enable=memory` into the kernel's command line, and start it again.",
        )
    elif sum(limits.values()) > _MOST_OF_MEMORY * total:
        listed = ", ".join(f"{name} {size / 2**20:.0f}MB" for name, size in limits.items())
        largest = max(limits, key=lambda name: limits[name])
        yield Finding(
            f"The memory limits add up to {sum(limits.values()) / 2**20:.0f}MB ({listed}), and the"
            f" host has {total / 2**20:.0f}MB.",
            "Under load the kernel kills what it chooses, the application too.",
            "Lower them, the largest first: pulumi config set --path"
            f" monitoring:{largest}.memory {limits[largest] // 2**21}MB",
        )
