"""A program that is killed comes back by itself, with everything written before."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.engine import docker, talker
from tests.engine.environment import SERVICES, Environment
from tests.engine.waiting import eventually


@pytest.fixture(scope="module")
def written(environment: Environment) -> Callable[[], bool]:
    """Write something into every volume; give a look that tells whether all of it is there."""
    name = talker.start(f"{environment.prefix}-witness", "echo before the crash; sleep 3600")
    grafana = environment.grafana()
    saved = {"dashboard": {"uid": "by-hand", "title": "Saved by hand"}, "overwrite": True}
    grafana.ask("/api/dashboards/db", saved)

    def lines() -> list[str]:
        return [line.text for line in environment.grafana().lines(f'{{container="{name}"}}')]

    def oldest() -> float | None:
        return environment.grafana().metric("min(min_over_time(timestamp(up)[1h:1s]))")

    eventually(lines, seconds=20, what="the witness' line")
    first = eventually(oldest, seconds=20, what="the first sample")

    def look() -> bool:
        dashboard = environment.grafana().ask("/api/dashboards/uid/by-hand")
        return (
            bool(dashboard["dashboard"]["title"] == "Saved by hand")
            and lines() == ["before the crash"]
            and oldest() == first
        )

    return look


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_program_comes_back_with_its_data(
    service: str, environment: Environment, written: Callable[[], bool]
) -> None:
    container = environment.container(service)
    state = docker.inspect(container)["State"]

    # From the host: `docker kill` would count as a stop by hand.
    os.kill(state["Pid"], signal.SIGKILL)

    def is_back() -> bool:
        now = docker.inspect(container)
        return now["RestartCount"] > 0 and docker.health(container) == "healthy"

    eventually(is_back, seconds=60, what=f"{service} restarted and healthy")
    eventually(written, seconds=30, what="what was written before the crash, each line once")
