"""`up` ends when the services are ready, asked by their own health checks, or says which is not."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

import pytest

from stack.docker import engine, readiness
from stack.service import Health, Service
from stack.settings import docker_host
from stack.settings.values import Size
from tests.engine import docker, talker
from tests.engine.waiting import eventually

READY = Health(("sh", "-c", "cat /tmp/ready || { echo not yet; exit 1; }"))
NEVER_LOOKED_AT = ("--health-cmd", "true", "--health-interval", "1h")


def service(name: str) -> Service:
    """Return what counts for the wait."""
    return Service(
        *(name, "", "", (), (), READY, Size("1MB", 2**20)), stop_seconds=1, start_seconds=3
    )


@pytest.fixture
def prefix() -> Iterator[str]:
    name = f"ready{secrets.token_hex(3)}"
    yield name
    docker.remove_all(name)


def test_it_waits_for_the_health_check_and_not_for_the_engines_next_one(prefix: str) -> None:
    start = time.monotonic()
    for name, script in {
        "first": "touch /tmp/ready",
        "second": "sleep 2; touch /tmp/ready",
    }.items():
        talker.start(f"{prefix}-{name}", f"{script}; sleep 60", *NEVER_LOOKED_AT)
    readiness.wait(docker_host.LOCAL, prefix, (service("first"), service("second")))
    assert time.monotonic() - start > 2
    assert docker.health(f"{prefix}-second") == "starting"


def test_it_names_each_that_is_not_ready_in_time_and_says_what_its_check_said(prefix: str) -> None:
    talker.start(f"{prefix}-ready", "touch /tmp/ready; sleep 60")
    talker.start(f"{prefix}-slow", "sleep 60")
    with pytest.raises(engine.EngineError) as problem:
        readiness.wait(docker_host.LOCAL, prefix, (service("ready"), service("slow")))
    slow = str(problem.value)
    assert slow.startswith(f"{prefix}-slow is not ready after 3 s: see `docker logs {prefix}-slow`")
    assert slow.endswith("not yet")


def test_it_does_not_wait_for_one_that_is_gone_stopped_or_paused(prefix: str) -> None:
    ended = talker.start(f"{prefix}-ended", "true")
    docker.docker("wait", ended)
    docker.docker("pause", talker.start(f"{prefix}-paused", "sleep 60"))
    names = ("gone", "ended", "paused")
    start = time.monotonic()
    with pytest.raises(engine.EngineError) as problem:
        readiness.wait(docker_host.LOCAL, prefix, tuple(service(name) for name in names))
    assert time.monotonic() - start < 3
    assert f"{prefix}-gone is not on the engine any more" in str(problem.value)
    assert f"`docker start {ended}`" in str(problem.value)
    assert f"`docker unpause {prefix}-paused`" in str(problem.value)


def test_one_that_the_engine_knows_to_be_healthy_is_not_asked_again(prefix: str) -> None:
    name = talker.start(
        f"{prefix}-fine", "sleep 60", "--health-cmd", "true", "--health-interval", "1s"
    )
    eventually(lambda: docker.health(name) == "healthy", seconds=20, what="healthy")
    readiness.wait(docker_host.LOCAL, prefix, (service("fine"),))
