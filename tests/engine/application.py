"""The example application, several times side by side, each beside an environment of a test."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from operate import example
from setup import docker_compose
from tests.engine.environment import ROOT, Environment, free_port

JOB = {"name": "backend", "targets": ["backend:3000"]}


@dataclass(frozen=True)
class Application:
    """A running example application, reached through its proxy as people do."""

    project: str
    network: str
    port: int

    def container(self, service: str) -> str:
        """Return the name on the engine of `backend`, `frontend` or `proxy`."""
        return f"{self.project}-{service}"

    def compose(self, *words: str) -> str:
        """Run Docker Compose on it; return what it prints."""
        command = (
            *docker_compose.command(),
            "--file",
            str(example.FILE),
            "--project-name",
            self.project,
        )
        place = {"MONITORING_NETWORK": self.network, "EXAMPLE_PORT": str(self.port)}
        done = subprocess.run(
            (*command, *words),
            env={**os.environ, **place},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def up(self) -> None:
        """Start it in its network, where it does not run already."""
        self.compose("up", "--wait")

    def ask(self, path: str, body: object = None) -> int:
        """Get `path` through the proxy, or post `body`; return the HTTP status."""
        request = urllib.request.Request(
            f"http://localhost:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - same
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def traffic(self, *, rate: float, seconds: float) -> dict[str, Any]:
        """Make mixed requests; return the counts that the generator kept."""
        words = ("traffic", "--rate", str(rate), "--duration", str(seconds))
        counts: dict[str, Any] = json.loads(self.compose("run", "--rm", "--no-TTY", *words))
        return counts


@contextmanager
def beside(environment: Environment) -> Iterator[Application]:
    """Run the application in the environment's network for as long as the block lasts."""
    application = Application(f"app-{environment.name}", environment.prefix, free_port())
    example.build(json.loads((ROOT / ".tools" / "images.json").read_text()))
    try:
        application.up()
        yield application
    finally:
        application.compose("down", "--remove-orphans")
