"""Containers of a test's own that print lines, and others that look at a network from inside."""

from __future__ import annotations

import json
from pathlib import Path

from tests.engine import docker

_CHOSEN = Path(__file__).parents[2] / ".tools" / "images.json"


def image() -> str:
    """Give an image with a shell that is on the engine anyway: Prometheus' has busybox."""
    chosen: dict[str, str] = json.loads(_CHOSEN.read_text())
    return chosen["prometheus"]


def start(name: str, script: str, *options: str) -> str:
    """Start a container that runs a shell script, and give its name."""
    docker.docker(
        "run", "--detach", "--name", name, *options, "--entrypoint", "sh", image(), "-c", script
    )
    return name
