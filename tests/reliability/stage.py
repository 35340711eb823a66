"""A whole stack on a host of the test's own, with an application that is scraped each second."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bootstrap.progress import step
from tests.engine.environment import ROOT, SERVICES, Environment
from tests.engine.grafana import Grafana
from tests.engine.waiting import eventually
from tests.reliability.host import Host
from tests.reliability.printers import CONTAINERS, Printers

ENGINE = ROOT / ".tools" / "engine"
JOB = "application"
BACKEND = "monitoring-example/backend:dev"


@dataclass(frozen=True)
class Stage:
    """A running stack, and how much is printed beside it.

    Attributes:
        rate: lines/s, of all containers together.
        outage: how long Loki is away, in seconds.
    """

    host: Host
    environment: Environment
    grafana: Grafana
    prometheus_url: str
    images: dict[str, str]
    rate: int
    outage: int

    def container(self, service: str) -> str:
        """Return a service's name on the engine."""
        return self.environment.container(service)

    def ids(self) -> list[str]:
        """Return the engine's ids of the services' containers."""
        names = [self.container(service) for service in SERVICES]
        return self.host.docker("inspect", "--format", "{{.Id}}", *names).split()

    def healthy(self) -> None:
        """Wait until the engine finds all services healthy."""
        wanted = {self.container(service) for service in SERVICES}
        eventually(lambda: self.host.healthy() >= wanted, seconds=180, what="a healthy stack")

    def print_on(self, printers: Printers, seconds: float) -> None:
        """Wait until the containers have printed what takes them some seconds."""
        enough = printers.printed() + seconds * self.rate / CONTAINERS
        eventually(
            lambda: printers.printed() >= enough, seconds=3 * seconds + 30, what="lines printed"
        )


@contextmanager
def ready(folder: Path, rate: int, outage: int) -> Iterator[Stage]:
    """Bring it up, and take all away at the end of the block."""
    images: dict[str, str] = json.loads((ROOT / ".tools" / "images.json").read_text())
    (folder / "host").mkdir()
    (folder / "stack").mkdir()
    host = Host(folder / "host", ENGINE)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", os.pathsep.join([str(host.programs), os.environ["PATH"]]))
            with step("A host with an engine of its own") as this:
                host.switch_on()
                host.load(*images.values(), BACKEND)
                host.learn_host_key()
                this.outcome = host.docker("version", "--format", "{{.Server.Version}}")
            with step("The stack"):
                stage = _up(host, Environment(folder / "stack", images), images, rate, outage)
            yield stage
    finally:
        host.remove()


def _up(
    host: Host, environment: Environment, images: dict[str, str], rate: int, outage: int
) -> Stage:
    environment.configure(
        dockerHost=host.url,
        dockerRoot="/run/engine",
        bindAddress="0.0.0.0",  # noqa: S104 - to be reached
        jobs=[{"name": JOB, "targets": ["backend:3000"]}],
        # What was sent twice can then be told from what else was sent.
        logs={"includeNames": ["printer-.*"]},
    )
    environment.up().succeeded()
    outputs = environment.outputs()
    host.docker(
        *("run", "--detach", "--name", "backend", "--restart", "unless-stopped"),
        *("--network", outputs["network"], BACKEND),
    )
    grafana = Grafana(outputs["grafana_url"], environment.password)
    up = f'up{{job="{JOB}"}}'
    eventually(lambda: grafana.metric(up) == 1, seconds=60, what="the application scraped")
    url = outputs["prometheus_url"]
    return Stage(host, environment, grafana, url, images, rate, outage)


def now() -> float:
    """Return the time in seconds since 1970."""
    return time.time()
