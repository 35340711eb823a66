"""The engine as its own command shows it."""

from __future__ import annotations

import json
import subprocess
from typing import Any


def docker(*arguments: str, check: bool = True) -> str:
    """Run a docker command and give what it prints.

    Raises AssertionError with the command's error text.
    """
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"docker {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def inspect(container: str) -> Any:
    """Give everything that the engine knows of a container."""
    [found] = json.loads(docker("container", "inspect", container))
    return found


def health(container: str) -> str:
    """Give `starting`, `healthy` or `unhealthy`."""
    return str(inspect(container)["State"]["Health"]["Status"])


def names(kind: str, prefix: str) -> set[str]:
    """Give the names of all containers, volumes or networks that begin with `prefix`."""
    field = "{{.Names}}" if kind == "container" else "{{.Name}}"
    every = ["--all"] if kind == "container" else []
    listed = docker(kind, "ls", *every, "--format", field).splitlines()
    return {name for name in listed if name.startswith(prefix)}


def gateway(network: str) -> str:
    """Give the host's address as the containers of a network see it."""
    return docker("network", "inspect", network, "--format", "{{(index .IPAM.Config 0).Gateway}}")


def logs(container: str) -> str:
    """Give all that a container has printed, on both streams."""
    done = subprocess.run(["docker", "logs", container], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def remove_all(prefix: str) -> None:
    """Remove every container, network and volume whose name begins with `prefix`."""
    for kind in ("container", "network", "volume"):
        if found := names(kind, prefix):
            force = ["--force"] if kind != "network" else []
            docker(kind, "rm", *force, *found, check=False)
