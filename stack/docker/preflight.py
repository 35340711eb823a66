"""Checks, before anything is declared, whether the stack can be on the Docker engine at all.

A preview does not touch a host behind ssh: what is asked of it waits for the update, which asks
before it changes anything.

Where the `docker` command is not installed nothing is checked, and Docker's provider reports what
it meets.
"""

from __future__ import annotations

import errno
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from stack.docker import upgrades
from stack.docker.engine import EngineError, ask
from stack.docker.upgrades import Move
from stack.service import ENGINES_CONTAINERS, Port, Service
from stack.settings import docker_host


def asks(address: str, *, dry_run: bool) -> bool:
    """Return whether this run asks the engine at all."""
    return not (dry_run and docker_host.is_ssh(address))


@dataclass(frozen=True)
class Finding:
    """What a stack would suffer from on an engine.

    Attributes:
        what: was found.
        why: it matters.
        remedy: what to do, with the command or the lines to write.
        stops: whether nothing may be changed before that is done.
    """

    what: str
    why: str
    remedy: str
    stops: bool = False


def check(address: str, prefix: str, services: tuple[Service, ...]) -> None:
    """Check that the engine answers, has the networks and its files, and has the ports free.

    Raises EngineError with every problem found.
    """
    if not shutil.which("docker"):
        return
    questions: list[Callable[[], Iterable[Finding]]] = [
        lambda: obstacles(address, prefix, services),
        lambda: no_way_back(upgrades.planned(address, prefix, services), services),
    ]
    if problems := at_once(questions):
        texts = [f"{problem.what}\n  {problem.remedy}" for problem in problems]
        raise EngineError("nothing was changed:\n\n" + "\n\n".join(texts))


def obstacles(address: str, prefix: str, services: tuple[Service, ...]) -> list[Finding]:
    """Return what would make an update fail half way. Raises EngineError without an answer.

    What the stack's own containers hold (each named `<prefix>-<service>`) is free for it.
    """
    own = {f"{prefix}-{service.name}" for service in services}
    questions: list[Callable[[], Iterator[Finding]]] = [
        lambda: _missing_networks(address, services),
        lambda: _another_folder(address, services),
        *(
            partial(_taken_port, address, own, service.name, port)
            for service in services
            for port in service.ports
        ),
    ]
    return at_once(questions)


def at_once(questions: Iterable[Callable[[], Iterable[Finding]]]) -> list[Finding]:
    """Ask all questions at once, since each takes its time, and through ssh a connection."""
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda question: list(question()), questions)
        return [finding for answer in answers for finding in answer]


def _missing_networks(address: str, services: tuple[Service, ...]) -> Iterator[Finding]:
    wanted = {network for service in services for network in service.networks}
    if not wanted:
        return
    present = ask(address, "network", "ls", "--format", "{{.Name}}")
    for network in sorted(wanted.difference(present)):
        yield Finding(
            f"monitoring:appNetworks names '{network}', but the engine has no such network.",
            "Docker refuses to start Prometheus without it.",
            f"Start the application first, or create it: docker network create {network}\n"
            f"  Present are: {', '.join(sorted(present))}",
            stops=True,
        )


def _another_folder(address: str, services: tuple[Service, ...]) -> Iterator[Finding]:
    binds = (bind for service in services for bind in service.binds)
    said = [bind.host_path for bind in binds if bind.path == ENGINES_CONTAINERS]
    for root in ask(address, "info", "--format", "{{.DockerRootDir}}"):
        if said and said != [f"{root}/containers"]:
            yield Finding(
                "monitoring:dockerRoot is not the engine's data folder, in which it keeps its log"
                " files.",
                "Lines that were lost are counted there.",
                f"Set it: pulumi config set monitoring:dockerRoot {root}",
                stops=True,
            )


def no_way_back(moves: Iterable[Move], services: tuple[Service, ...]) -> Iterator[Finding]:
    """Tell of each program that moves to an older version which would not work any more."""
    images = {service.name: service.image for service in services}
    for move in moves:
        if barrier := move.barrier:
            yield Finding(
                f"monitoring:{move.service}.image is {images[move.service]}, which takes"
                f" {move.service} back {move}: {barrier.back} ({barrier.link}).",
                "A program that works would be replaced by one that does not.",
                upgrades.way_back(move, barrier),
                stops=True,
            )


def _taken_port(address: str, own: set[str], service: str, port: Port) -> Iterator[Finding]:
    if holder := _holder(address, own, port):
        yield Finding(
            f"monitoring:{service}.port is {port.external}, but {holder} holds that"
            " port of the host.",
            "Two programs cannot listen on one port.",
            "Stop it, or choose another:"
            f" pulumi config set --path monitoring:{service}.port {port.external + 1}",
            stops=True,
        )


def _holder(address: str, own: set[str], port: Port) -> str | None:
    """Say who holds a port of the Docker host, or None where it is free for the stack."""
    names = ask(address, "ps", "--filter", f"publish={port.external}", "--format", "{{.Names}}")
    foreign = [name for name in names if name not in own]
    if foreign:
        return f"the container '{foreign[0]}'"
    # Only a local engine's ports can be tried from here.
    if names or not address.startswith("unix://"):
        return None
    family = socket.AF_INET6 if ":" in port.address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.address, port.external))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "another program"
    return None
