"""Waits until the containers are ready: at the end of each `up`, also of one that changes nothing.

It runs the services' own health checks in them. The engine makes the first of those only after the
interval (10 s), and Docker's provider, which would wait for that, does so only when it creates a
container: an `up` after a failed one would succeed.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pulumi

from stack.docker import engine
from stack.service import Service
from stack.settings import docker_host

_PAUSE_SECONDS = 0.5
_ANSWER_SECONDS = 10
# What takes a container out of a state in which it stays.
_COMMANDS = {"exited": "start", "created": "start", "paused": "unpause"}


def wait(address: str, prefix: str, services: tuple[Service, ...]) -> None:
    """Wait until all services are ready, each in its container `<prefix>-<service>`.

    Raises EngineError with what the health checks said of those that are not in time, and with the
    remedy for those that cannot get ready by themselves, which are not waited for.
    """
    if not shutil.which("docker"):
        pulumi.log.warn("install the command `docker`: nobody has asked whether all are ready")
        return
    names = {f"{prefix}-{service.name}": service for service in services}
    healthy = _healthy(address, prefix)
    asked = [name for name in names if name not in healthy]
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda name: _complaint(address, name, names[name]), asked)
        problems = [problem for problem in answers if problem]
    if problems:
        raise engine.EngineError("\n\n".join(problems))


def _healthy(address: str, prefix: str) -> list[str]:
    """Return the containers that the engine knows to be healthy; none where it is not quick."""
    listing = ("ps", "--filter", f"name=^{prefix}-", "--filter", "health=healthy")
    try:
        return engine.run(address, *listing, "--format", "{{.Names}}").stdout.split()
    except subprocess.TimeoutExpired:
        return []


def _complaint(address: str, name: str, service: Service) -> str:
    """Run a service's health check until it passes, or return what is to be said of it."""
    deadline = time.monotonic() + service.start_seconds
    while said := _failure(address, name, service):
        if remedy := _remedy(address, name):
            return remedy
        if time.monotonic() > deadline:
            return (
                f"{name} is not ready after {service.start_seconds} s: see `docker logs {name}`."
                f" Its health check says: {said}"
            )
        time.sleep(_PAUSE_SECONDS)
    return ""


def _remedy(address: str, name: str) -> str:
    """Say why a container cannot get ready by itself, and what to do; empty where it can."""
    try:
        look = engine.run(address, "container", "inspect", "--format", "{{.State.Status}}", name)
    except subprocess.TimeoutExpired:
        return ""
    if "no such container" in look.stderr.lower():
        return (
            f"{name} is not on the engine any more, but Pulumi's state still has it:"
            " `pulumi up --refresh` makes it again"
        )
    status = look.stdout.strip()
    if status not in _COMMANDS:
        return ""
    docker = f"docker --host {address}" if docker_host.is_ssh(address) else "docker"
    return f"{name} does not run, its state is '{status}': `{docker} {_COMMANDS[status]} {name}`"


def _failure(address: str, name: str, service: Service) -> str:
    """Run a health check once; return the last line of what it says where it fails."""
    command = service.health.command
    try:
        done = engine.run(address, "exec", name, *command, seconds=_ANSWER_SECONDS)
    except subprocess.TimeoutExpired:
        return f"no answer within {_ANSWER_SECONDS} s"
    if done.returncode == 0:
        return ""
    lines = (done.stderr + done.stdout).split("\n")
    return next((line for line in reversed(lines) if line.strip()), f"exit code {done.returncode}")
