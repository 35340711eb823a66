"""The example application, several times side by side, each beside an environment of a test."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.engine.environment import ROOT, Environment, free_port

JOB = {"name": "backend", "targets": ["backend:3000"]}


@dataclass(frozen=True)
class Application:
    """A running example application, reached through its proxy as people do."""

    project: str
    port: int

    def container(self, service: str) -> str:
        """Give the name on the engine of `backend`, `frontend` or `proxy`."""
        return f"{self.project}-{service}"

    def up(self, environment: Environment) -> None:
        """Start it in the environment's network, where it does not run already."""
        project = ("--project", self.project)
        _run("up", *project, "--network", environment.prefix, "--port", str(self.port))

    def ask(self, path: str, body: object = None) -> int:
        """Get `path` through the proxy, or post `body`; give the HTTP status."""
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
        """Make mixed requests; give the counts that the generator kept."""
        arguments = ("--project", self.project, "--rate", str(rate), "--duration", str(seconds))
        counts: dict[str, Any] = json.loads(_run("traffic", *arguments))
        return counts


@contextmanager
def beside(environment: Environment) -> Iterator[Application]:
    """Run the application in the environment's network for as long as the block lasts."""
    application = Application(f"app-{environment.name}", free_port())
    project = ("--project", application.project)
    _run("build")
    try:
        application.up(environment)
        yield application
    finally:
        _run("down", *project)


def _run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples/app/run.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run.py {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout
