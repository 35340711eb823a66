"""Alerts while a disk is full: they fire, and stay until there is room again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.engine import docker, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.test_alerting import active, change
from tests.engine.waiting import eventually

# As fast as Grafana can: it looks every ten seconds.
SHORT: dict[str, Any] = {"evaluationInterval": "10s", "pendingFactor": 0}
WITHIN = 90
_MEBIBYTES = 64


@pytest.fixture(scope="module")
def environment(make_environment: MakeEnvironment) -> Environment:
    """Make an environment whose metrics and logs are on small file systems of their own."""
    made = make_environment()
    for service, user in (("prometheus", 65534), ("loki", 10001)):
        options = ("type=tmpfs", "device=tmpfs", f"o=size={_MEBIBYTES}m,uid={user}")
        each = (argument for option in options for argument in ("--opt", option))
        docker.docker("volume", "create", *each, made.container(service))
    made.configure(alerts=SHORT)
    # Three minutes are for users' scrape intervals, of which the longest is two.
    rules = made.project / "configs/grafana/provisioning/alerting/rules.yml"
    change(rules, "expression: $A > 180", "expression: $A > 20")
    made.up().succeeded()
    return made


@contextmanager
def filled(volume: str, mebibytes: int) -> Iterator[None]:
    """Put a file of so many mebibytes, or of all that fits, into a volume that is in use."""
    run = ("run", "--rm", "--volume", f"{volume}:/full", "--entrypoint", "sh", talker.image(), "-c")
    docker.docker(*run, f"dd if=/dev/zero of=/full/fill bs=1M count={mebibytes} || true")
    try:
        yield
    finally:
        docker.docker(*run, "rm /full/fill")


def fires(environment: Environment, name: str) -> bool:
    """Tell whether Prometheus says that an alert fires."""
    alert = f'ALERTS{{alertname="{name}",alertstate="firing"}}'
    return environment.grafana().metric(alert) == 1


def refused(environment: Environment) -> float:
    """Give how often Loki refused lines with a 5xx."""
    pushes = 'loki_request_duration_seconds_count{route="loki_api_v1_push",status_code=~"5.."}'
    return environment.grafana().metric(f"sum({pushes})") or 0


def test_a_disk_that_fills_is_told_before_loki_refuses(environment: Environment) -> None:
    with filled(environment.container("loki"), _MEBIBYTES * 83 // 100):
        eventually(
            lambda: fires(environment, "LokiDiskNearlyFull"), seconds=WITHIN, what="the warning"
        )
        assert not fires(environment, "LokiDiskFull")
        assert refused(environment) == 0


def test_loki_without_room_is_told_for_as_long_as_it_refuses_lines(
    environment: Environment,
) -> None:
    with filled(environment.container("loki"), _MEBIBYTES * 95 // 100):
        eventually(lambda: fires(environment, "LokiDiskFull"), seconds=WITHIN, what="the alert")
        before = refused(environment)
        eventually(
            lambda: refused(environment) > before + 3, seconds=WITHIN, what="more lines refused"
        )
        assert fires(environment, "LokiDiskFull")
    eventually(
        lambda: not fires(environment, "LokiDiskFull"), seconds=WITHIN, what="the alert's end"
    )


def test_prometheus_without_room_is_told_by_grafana_until_it_stores_again(
    environment: Environment,
) -> None:
    def told() -> bool:
        return "PrometheusStoresNothing" in active(environment)

    assert not told()
    with filled(environment.container("prometheus"), _MEBIBYTES):
        eventually(told, seconds=WITHIN, what="the alert")
        assert "PrometheusUnreachable" not in active(environment)
    eventually(lambda: not told(), seconds=WITHIN, what="the alert's end")


def test_after_disks_without_any_room_no_line_and_no_earlier_sample_is_missing(
    environment: Environment,
) -> None:
    name = f"{environment.prefix}-numbers"
    talker.start(name, "n=0; while true; do echo line $n; n=$((n+1)); sleep 0.1; done")
    grafana = environment.grafana()
    # Each has the number of its last line.
    said = f'{{container="{name}"}}'
    eventually(lambda: grafana.lines(said), seconds=30, what="the first line")
    samples = 'count_over_time(up{job="loki"}[30m])'
    earlier = grafana.metric(samples) or 0
    assert earlier > 0
    volumes = [environment.container(service) for service in ("loki", "prometheus")]
    with filled(volumes[0], _MEBIBYTES), filled(volumes[1], _MEBIBYTES):
        eventually(
            lambda: "PrometheusStoresNothing" in active(environment),
            seconds=WITHIN,
            what="the alert",
        )
    docker.docker("kill", name)
    printed = docker.logs(name).split("\n")[:-1]

    def missing() -> list[str]:
        found = {line.text for line in grafana.lines(said)}
        return [line for line in printed if line not in found]

    eventually(lambda: not missing(), seconds=WITHIN, what="no line missing")
    # What is in memory is gone with the last container that has it.
    held = (argument for volume in volumes for argument in ("--volume", f"{volume}:/{volume}"))
    image = ("--entrypoint", "sleep", talker.image(), "infinity")
    docker.docker("run", "--detach", "--name", f"{environment.prefix}-holder", *held, *image)
    docker.docker("restart", *volumes)
    eventually(environment.is_healthy, seconds=60, what="both back")
    assert missing() == []
    assert "corrupt" not in docker.logs(volumes[0]).lower()
    # Prometheus leaves out what it wrote since its log was cut short: the runbook has the remedy.
    eventually(lambda: (grafana.metric(samples) or 0) >= earlier, seconds=WITHIN, what="samples")
