"""The Docker engine: used where one answers, else installed and started where that is allowed."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from enum import Enum

from bootstrap import debian
from bootstrap.programs import ask
from bootstrap.progress import CommandError, step
from setup import dockerd
from stack.docker import ssh
from stack.settings import docker_host


@dataclass(frozen=True)
class Facts:
    """What was found out about Docker on this machine."""

    client: bool
    """The `docker` command is there."""
    answers: bool
    """The engine answered the client."""
    host: str = docker_host.LOCAL
    """The engine's address, from the configuration, $DOCKER_HOST or the client's context."""
    complaint: str = ""
    """The client's words where the engine did not answer."""
    daemon: bool = False
    """`dockerd` is installed here."""
    root_on_debian: bool = False
    """Packages may be installed and daemons started."""


class Action(Enum):
    """What to do about the engine."""

    USE = "use"
    INSTALL = "install"
    START = "start"


def decide(facts: Facts) -> Action:
    """Choose what to do. Raises `CommandError` with the way out where nothing may be done."""
    if facts.answers:
        return Action.USE
    if facts.host != docker_host.LOCAL:
        raise CommandError(_remedy_elsewhere(facts))
    if facts.root_on_debian:
        return Action.START if facts.client and facts.daemon else Action.INSTALL
    if not facts.client:
        raise CommandError(
            "Docker is not installed: install it (https://docs.docker.com/engine/install/; on "
            "Debian or Ubuntu `sudo apt-get install docker.io`), then try again."
        )
    if "permission denied" in facts.complaint.lower():
        raise CommandError(
            f"you may not use the Docker engine at {facts.host}: run `sudo usermod -aG docker "
            "$USER`, log out and in again, then try again."
        )
    raise CommandError(
        f"the Docker engine does not answer ({facts.complaint}): start it (`sudo systemctl start "
        "docker`, or open Docker Desktop), or point DOCKER_HOST to another one."
    )


def _remedy_elsewhere(facts: Facts) -> str:
    """Say what to do about an engine that is not the local one; none is started in its place."""
    if not facts.client:
        return (
            f"the engine at {facts.host} is asked with `docker`, which is not here: install its "
            "command line; no engine is needed here."
        )
    if docker_host.is_ssh(facts.host):
        return ssh.unreachable(facts.host, facts.complaint)
    return (
        f"Docker at {facts.host} does not answer ({facts.complaint}): start it, or choose "
        "another engine with DOCKER_HOST, `docker context use` or monitoring:dockerHost."
    )


def address(configured: str | None) -> str:
    """Return the engine's address: configured, else $DOCKER_HOST, else of the client's context.

    Raises `CommandError` for one that ssh would take for something else.
    """
    context = ("docker", "context", "inspect", "-f", "{{.Endpoints.docker.Host}}")
    try:
        return docker_host.resolve(
            configured, os.environ, lambda: ask(*context).output.strip() or docker_host.LOCAL
        )
    except docker_host.AddressError as error:
        raise CommandError(str(error)) from error


def look(configured: str | None) -> tuple[Facts, str]:
    """Ask the engine; return the facts, and its version (empty without an answer)."""
    host = address(configured)
    asked = ("docker", "-H", host, "version", "-f", "{{.Server.Version}}")
    answer = ask(*asked, env={**os.environ, **ssh.WITHOUT_QUESTIONS}, seconds=20)
    facts = Facts(
        client=shutil.which("docker") is not None,
        answers=answer.ok,
        host=host,
        # The last line tells too little of a host key.
        complaint=answer.errors if docker_host.is_ssh(host) else answer.complaint,
        daemon=shutil.which("dockerd") is not None,
        root_on_debian=sys.platform == "linux" and debian.may_install(),
    )
    return facts, answer.output.strip()


def ready(configured: str | None = None) -> None:
    """Ensure a Docker engine that answers. Raises `CommandError`.

    `configured` is the address in the stack's configuration, if there is one.
    """
    with step("Docker engine") as this:
        facts, version = look(configured)
        action = decide(facts)
        if action is Action.INSTALL:
            # From Debian 13 on the client is a package of its own.
            debian.install("docker.io", "iptables", if_offered="docker-cli")
        if action is not Action.USE:
            dockerd.start()
            facts, version = look(configured)
        if not facts.answers:
            raise CommandError(f"the Docker engine still does not answer: {facts.complaint}")
        export_host(facts.host)
        this.outcome = f"{version} at {facts.host}"


def export_host(host: str) -> None:
    """Put another engine into DOCKER_HOST: Pulumi's Docker provider knows no client's contexts."""
    if host != docker_host.LOCAL:
        os.environ["DOCKER_HOST"] = host
