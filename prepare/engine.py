"""The Docker engine: used where one answers, else installed and started where that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from prepare import debian
from prepare.commands import ask
from prepare.progress import SetupError, note, step
from stack.docker import ssh
from stack.settings import docker_host

LOCAL = docker_host.LOCAL
PID_FILE = Path("/var/run/docker.pid")
CONTAINERD_PID_FILE = Path("/var/run/docker/containerd/containerd.pid")
LOG = Path("/var/log/dockerd.log")
START_SECONDS = 60.0


@dataclass(frozen=True)
class Facts:
    """What was found out about Docker on this machine."""

    client: bool
    """The `docker` command is there."""
    answers: bool
    """The engine answered the client."""
    host: str = LOCAL
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
    """Choose what to do. Raises `SetupError` with the way out where nothing may be done."""
    if facts.answers:
        return Action.USE
    if facts.host != LOCAL:
        raise SetupError(elsewhere(facts))
    if facts.root_on_debian:
        return Action.START if facts.client and facts.daemon else Action.INSTALL
    if not facts.client:
        raise SetupError(
            "Docker is not installed: install it (https://docs.docker.com/engine/install/; on "
            "Debian or Ubuntu `sudo apt-get install docker.io`), then try again."
        )
    if "permission denied" in facts.complaint.lower():
        raise SetupError(
            f"you may not use the Docker engine at {facts.host}: run `sudo usermod -aG docker "
            "$USER`, log out and in again, then try again."
        )
    raise SetupError(
        f"the Docker engine does not answer ({facts.complaint}): start it (`sudo systemctl start "
        "docker`, or open Docker Desktop), or point DOCKER_HOST to another one."
    )


def elsewhere(facts: Facts) -> str:
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
    """The engine's address: configured, else $DOCKER_HOST, else of the client's context.

    Raises `AddressError` for one that ssh would take for something else.
    """
    context = ("docker", "context", "inspect", "-f", "{{.Endpoints.docker.Host}}")
    return docker_host.resolve(
        configured, os.environ, lambda: ask(*context).output.strip() or LOCAL
    )


def look(configured: str | None) -> tuple[Facts, str]:
    """Ask for the engine; gives the facts and the engine's version (empty without an answer)."""
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
    """Have a Docker engine that answers. Raises `SetupError`.

    `configured` is the address in the stack's configuration, if there is one.
    """
    with step("Docker engine") as this:
        facts, version = look(configured)
        action = decide(facts)
        if action is Action.INSTALL:
            # From Debian 13 on the client is a package of its own.
            debian.install("docker.io", "iptables", if_offered="docker-cli")
        if action is not Action.USE:
            start()
            facts, version = look(configured)
        if not facts.answers:
            raise SetupError(f"the Docker engine still does not answer: {facts.complaint}")
        adopt(facts.host)
        this.outcome = f"{version} at {facts.host}"


def adopt(host: str) -> None:
    """Put another engine into DOCKER_HOST: Pulumi's Docker provider knows no client's contexts."""
    if host != LOCAL:
        os.environ["DOCKER_HOST"] = host


def start() -> None:
    """Start the installed engine, with systemd where it runs. Raises `SetupError`."""
    if ask("docker", "version").ok:
        return  # installing the package has started it
    if Path("/run/systemd/system").is_dir():
        note("starting the engine: systemctl start docker")
        answer = ask("systemctl", "start", "docker", seconds=120)
        if not answer.ok:
            raise SetupError(f"systemctl start docker failed: {answer.complaint}")
        return
    note(f"starting the engine: dockerd (its log: {LOG})")
    remove_if_stale(CONTAINERD_PID_FILE)
    start_daemon(["dockerd"], LOCAL, LOG, PID_FILE)


def start_daemon(command: Sequence[str], host: str, log: Path, pid_file: Path) -> None:
    """Start dockerd by hand, in a session of its own so that it outlives us, and await it.

    One that runs already, because it was started a moment ago, is only awaited.
    """
    remove_if_stale(pid_file)
    daemon = None
    if not pid_file.exists():
        with log.open("ab") as output:
            daemon = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    while not ask("docker", "-H", host, "version", seconds=10).ok:
        ended = daemon is not None and daemon.poll() is not None
        if ended or time.monotonic() > deadline:
            state = "ended at once" if ended else f"did not answer within {START_SECONDS:.0f} s"
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            last = "\n    ".join(lines[-5:])
            raise SetupError(f"dockerd {state}; the end of {log} says why:\n    {last}")
        time.sleep(0.3)


def remove_if_stale(pid_file: Path, processes: Path = Path("/proc")) -> None:
    """Remove the pid file of a daemon that is dead.

    One that was killed leaves its file behind; once another process has got that number, the
    next dockerd takes it for itself and refuses to start.
    """
    try:
        number = pid_file.read_text().strip()
    except OSError:
        return
    try:
        name = (processes / number / "comm").read_text().strip()
    except OSError:
        name = ""
    if name not in ("dockerd", "containerd"):
        note(f"removing {pid_file}, which a dead daemon left behind")
        pid_file.unlink()
