"""The core on a current Docker engine; the other tests run on the one that the machine has.

The tests tell one story, in their order: up, looked at, changed, destroyed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import ROOT, SERVICES, Environment
from tests.engine.grafana import Grafana
from tests.engine.server import Server
from tests.engine.waiting import eventually

ENGINE = ROOT / ".tools" / "engine"
MAJOR = 29
"""What users have: Docker's packages of 2026."""


@pytest.fixture(scope="module")
def server(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a current engine, with the images there."""
    made = Server(tmp_path_factory.mktemp("server"), ENGINE)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", os.pathsep.join([str(made.programs), os.environ["PATH"]]))
            made.switch_on()
            made.load(*images.values())
            made.learn_host_key()
            yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def environment(server: Server, make_environment: MakeEnvironment) -> Environment:
    """Bring an environment up on it."""
    made = make_environment()
    made.configure(dockerHost=server.url, dockerRoot="/run/engine")
    made.configure(bindAddress="0.0.0.0")  # noqa: S104 - to be reached
    made.up().succeeded()
    return made


@pytest.fixture(scope="module")
def grafana(environment: Environment) -> Grafana:
    """Give Grafana as it is reached from outside."""
    return Grafana(environment.outputs()["grafana_url"], environment.password)


def _ids(server: Server, environment: Environment) -> dict[str, str]:
    names = {service: environment.container(service) for service in SERVICES}
    return {each: server.docker("inspect", "-f", "{{.Id}}", name) for each, name in names.items()}


def test_the_engine_is_one_that_users_have_today(server: Server) -> None:
    version = server.docker("version", "--format", "{{.Server.Version}}")
    assert int(version.partition(".")[0]) >= MAJOR, version


def test_the_four_containers_are_healthy(server: Server, environment: Environment) -> None:
    wanted = {environment.container(service) for service in SERVICES}
    eventually(lambda: server.healthy() == wanted, seconds=30, what="four healthy containers")


def test_a_look_at_the_engine_finds_nothing_to_change(environment: Environment) -> None:
    environment.preview("--refresh", "--expect-no-changes").succeeded()


def test_metrics_and_lines_are_found_through_grafana(
    environment: Environment, grafana: Grafana
) -> None:
    up = 'count(up{part_of="monitoring"} == 1)'
    eventually(lambda: grafana.metric(up) == len(SERVICES), seconds=30, what="all four scraped")
    own = f'{{container="{environment.container("grafana")}"}}'
    eventually(lambda: grafana.lines(own), seconds=30, what="a line of a container there")


def test_a_changed_setting_replaces_the_one_container_that_reads_it(
    server: Server, environment: Environment
) -> None:
    before = _ids(server, environment)
    environment.configure(promtail={"refreshInterval": "3s"})
    environment.up().succeeded()
    after = _ids(server, environment)
    assert [each for each in SERVICES if before[each] != after[each]] == ["promtail"]
    environment.preview("--refresh", "--expect-no-changes").succeeded()


def test_destroy_takes_all_away(server: Server, environment: Environment) -> None:
    environment.pulumi("destroy", "--yes").succeeded()
    left = [
        server.docker(kind, "ls", "--quiet", "--filter", f"name={environment.prefix}")
        for kind in ("container", "volume", "network")
    ]
    assert left == ["", "", ""]
