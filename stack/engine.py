"""Asks the Docker engine, before anything is declared, whether the stack can be there at all.

A preview does not touch a host behind ssh: what is asked of it waits for the update, which asks
before it changes anything.

It asks through the `docker` command, which speaks to every kind of host. Where that is not
installed nothing is checked, and Docker's provider reports what it meets.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from stack import remote
from stack.service import ENGINES_CONTAINERS, Port, Service

DEFAULT_HOST = "unix:///var/run/docker.sock"
_PATIENCE_SECONDS = 20


class EngineError(Exception):
    """The engine cannot be reached, or something of the settings is not there or is taken."""


def host(configured: str) -> str:
    """Give the engine's address: the setting, else `$DOCKER_HOST`, else the local socket.

    Raises `remote.AddressError` where `$DOCKER_HOST` holds more than an address.
    """
    return configured or remote.checked(
        os.environ.get("DOCKER_HOST") or DEFAULT_HOST, "$DOCKER_HOST"
    )


def is_asked(address: str, *, dry_run: bool) -> bool:
    """Tell whether this run asks the engine at all."""
    return not (dry_run and remote.is_ssh(address))


def check(address: str, prefix: str, services: tuple[Service, ...]) -> None:
    """Check that the engine answers, has the networks and its files, and has the ports free.

    Raises EngineError with every problem found. What the stack's own containers hold (each named
    `<prefix>-<service>`) is free for it.
    """
    if not shutil.which("docker"):
        return
    own = {f"{prefix}-{service.name}" for service in services}
    questions: list[Callable[[], Iterator[str]]] = [
        lambda: _missing_networks(address, services),
        lambda: _another_folder(address, services),
        *(
            partial(_taken_port, address, own, service.name, port)
            for service in services
            for port in service.ports
        ),
    ]
    # At once: through ssh, each takes a connection of its own.
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda question: list(question()), questions)
        problems = [problem for answer in answers for problem in answer]
    if problems:
        raise EngineError("nothing was changed:\n\n" + "\n\n".join(problems))


def ask(address: str, *arguments: str) -> list[str]:
    """Give the lines that a docker command prints. Raises EngineError where it fails."""
    answer = answered(address, *arguments)
    if answer.returncode:
        raise EngineError(_unreachable(address, answer.stderr.strip()))
    return answer.stdout.splitlines()


def run(
    address: str, *arguments: str, given: str = "", seconds: float = _PATIENCE_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a docker command on the engine at `address`, with `given` as its standard input.

    Nobody is asked for anything. Raises TimeoutExpired after `seconds`, and OSError where the
    command is not installed.
    """
    return subprocess.run(
        ["docker", "--host", address, *arguments],
        input=given,
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, **remote.WITHOUT_QUESTIONS},
    )


def answered(
    address: str, *arguments: str, given: str = "", seconds: float = _PATIENCE_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a docker command as `run` does. Raises EngineError where there is no answer in time."""
    try:
        return run(address, *arguments, given=given, seconds=seconds)
    except subprocess.TimeoutExpired as error:
        said = f"no answer within {seconds:.0f} s"
        raise EngineError(_unreachable(address, said)) from error


def _unreachable(address: str, said: str) -> str:
    if remote.is_ssh(address):
        return f"nothing was changed: {remote.unreachable(address, said)}"
    remedy = (
        "start it (systemctl start docker), or point monitoring:dockerHost or $DOCKER_HOST to it"
    )
    return f"the Docker engine at {address} does not answer: {remedy}. Docker said: {said}"


def _missing_networks(address: str, services: tuple[Service, ...]) -> Iterator[str]:
    wanted = {network for service in services for network in service.networks}
    if not wanted:
        return
    present = ask(address, "network", "ls", "--format", "{{.Name}}")
    for network in sorted(wanted.difference(present)):
        yield (
            f"monitoring:appNetworks names '{network}', but the engine has no such network.\n"
            f"  Start the application first, or create it: docker network create {network}\n"
            f"  Present are: {', '.join(sorted(present))}"
        )


def _another_folder(address: str, services: tuple[Service, ...]) -> Iterator[str]:
    binds = (bind for service in services for bind in service.binds)
    said = [bind.host_path for bind in binds if bind.path == ENGINES_CONTAINERS]
    for root in ask(address, "info", "--format", "{{.DockerRootDir}}") if said else ():
        if said != [f"{root}/containers"]:
            yield (
                "monitoring:dockerRoot is not the engine's data folder, in which it keeps its log"
                f" files.\n  Set it: pulumi config set monitoring:dockerRoot {root}"
            )


def _taken_port(address: str, own: set[str], service: str, port: Port) -> Iterator[str]:
    if holder := _holder(address, own, port):
        yield (
            f"monitoring:{service}.port is {port.external}, but {holder} holds that"
            f" port of the host.\n  Stop it, or choose another:"
            f" pulumi config set --path monitoring:{service}.port {port.external + 1}"
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
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.address, port.external))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "another program"
    return None
