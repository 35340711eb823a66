"""Asks the Docker engine through the `docker` command, which speaks to every kind of host."""

from __future__ import annotations

import os
import subprocess

from stack.docker import ssh
from stack.settings import docker_host

_TIMEOUT_SECONDS = 20


class EngineError(Exception):
    """The engine cannot be reached, or something of the settings is not there or is taken."""


def ask(address: str, *arguments: str) -> list[str]:
    """Return the lines that a docker command prints. Raises EngineError where it fails."""
    answer = answered(address, *arguments)
    if answer.returncode:
        raise EngineError(_unreachable(address, answer.stderr.strip()))
    return answer.stdout.splitlines()


def run(
    address: str, *arguments: str, given: str = "", seconds: float = _TIMEOUT_SECONDS
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
        env={**os.environ, **ssh.WITHOUT_QUESTIONS},
    )


def answered(
    address: str, *arguments: str, given: str = "", seconds: float = _TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a docker command as `run` does. Raises EngineError where there is no answer in time."""
    try:
        return run(address, *arguments, given=given, seconds=seconds)
    except subprocess.TimeoutExpired as error:
        said = f"no answer within {seconds:.0f} s"
        raise EngineError(_unreachable(address, said)) from error


def _unreachable(address: str, said: str) -> str:
    if docker_host.is_ssh(address):
        return f"nothing was changed: {ssh.unreachable(address, said)}"
    remedy = (
        "start it (systemctl start docker), or point monitoring:dockerHost or $DOCKER_HOST to it"
    )
    return f"the Docker engine at {address} does not answer: {remedy}. Docker said: {said}"
