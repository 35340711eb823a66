"""The description of a service: what runs, independent of how Docker is told to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from stack.settings.model import Network, Settings
from stack.settings.values import Secret, Size

ENGINES_CONTAINERS = "/var/lib/docker/containers"
"""Where a service sees the engine's folder of containers, with their log files."""
PROXY_FOLDER = "/run/engine"
"""Where a service sees the folder in which the engine's proxy has its `docker.sock`."""


@dataclass(frozen=True)
class File:
    """A configuration file in the container, readable by every user there."""

    path: str
    content: str


@dataclass(frozen=True)
class Bind:
    """A path of the Docker host that the container sees."""

    host_path: str
    path: str


@dataclass(frozen=True)
class Port:
    """A port on the host's `address` that leads to the container's port `internal`."""

    address: str
    external: int
    internal: int


@dataclass(frozen=True)
class Health:
    """The program in the container, with its arguments, that tells whether the service is ready.

    The times are written as Go prints them: the engine gives them back so, and any other form
    would be a difference at each preview.
    """

    command: tuple[str, ...]
    interval: str = "10s"
    timeout: str = "5s"
    start_period: str = "30s"
    retries: int = 3


@dataclass(frozen=True)
class Service:
    """One container of the stack.

    Attributes:
        name: its name in the stack's networks, and the last part of every name on the engine.
        user: `uid:gid` it runs as.
        entrypoint: replaces the image's own where given.
        files: in the order in which a preview shows them. Never a secret: one among them would
            hide them all.
        volume: where its named volume is mounted; empty where it has none.
        shares: a folder for others, in a volume that goes with the stack and holds no data.
        shared: where it sees the folders of others, read-only, by their services.
        volumes_of: services whose volumes it shares, with where each is mounted.
        environment: variables in clear text. Empty where there are secrets, which hide them.
        secrets: variables that must not be seen.
        tmpfs: path to mount options of file systems in memory.
        own_networks: those of the stack's own that it is in.
        networks: existing networks that it joins besides.
        host_gateway: whether `host.docker.internal` leads to the Docker host.
        stop_seconds: how long it may take to stop before it is killed.
        start_seconds: how long `pulumi up` waits for it to be ready.
        after: services that start before it and stop after it.
        gives_way: whether, where the CPU is short, it gets half of what other containers get.
    """

    name: str
    image: str
    user: str
    command: tuple[str, ...]
    files: tuple[File, ...]
    health: Health
    memory: Size
    stop_seconds: int
    start_seconds: int = 120
    volume: str = ""
    shares: str = ""
    shared: Mapping[str, str] = field(default_factory=dict)
    volumes_of: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    binds: tuple[Bind, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    own_networks: tuple[Network, ...] = (Network.INTERNAL,)
    networks: tuple[str, ...] = ()
    host_gateway: bool = False
    after: tuple[str, ...] = ()
    gives_way: bool = True


class Hold(Enum):
    """What is done with a program for the moment in which its volume is copied.

    Attributes:
        NOTHING: what is copied is complete at any time.
        PAUSE: the copy is as after a crash, from which the program recovers everything.
        STOP: it writes something that must be in the copy only when it ends.
    """

    NOTHING = ""
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True)
class Backup:
    """How a program's volume is backed up.

    Attributes:
        version: the command that prints the program's version.
        unchanging: what it writes once and later only deletes: names in the volume's folder, as
            bash's patterns with `|` between them.
        left_out: what it makes again itself, likewise.
    """

    hold: Hold
    version: tuple[str, ...]
    unchanging: str = ""
    left_out: str = ""


@dataclass(frozen=True)
class Entry:
    """A service as the list of services has it; its name is the one of its settings.

    Attributes:
        absence: what people miss while it is replaced; after a `;` what its volume saves.
        data: what its volume holds; empty where it has none.
        backup: how that is backed up.
    """

    name: str
    describe: Callable[[Settings], Service]
    absence: str
    data: str = ""
    backup: Backup | None = None


def go_memory_limit(memory: Size) -> Mapping[str, str]:
    """Tell a Go program that does not read its cgroup's limit to collect garbage before it.

    85 % leaves room for what Go's runtime does not count (https://go.dev/doc/gc-guide).
    """
    return {"GOMEMLIMIT": f"{memory.mebibytes * 85 // 100}MiB"}
