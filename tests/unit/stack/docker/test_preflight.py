"""What must be so on the engine before anything is declared."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import services
from stack.docker import preflight
from stack.docker.engine import EngineError
from stack.docker.upgrades import Move
from stack.service import Port
from tests.unit.conftest import Read
from tests.unit.programs import calls, recorded

LOCAL = "unix:///docker.sock"
PREFIX = "monitoring-dev"


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port of this machine that a program listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def free() -> int:
    """Return a port of this machine that nobody listens on, nor on the next one.

    Below those that outgoing connections get: one of these would be taken at any moment.
    """

    def is_free(port: int) -> bool:
        try:
            with socket.socket() as asking:
                asking.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

    return next(port for port in range(21_000, 32_000, 2) if is_free(port) and is_free(port + 1))


def engine(
    folder: Path, *, networks: str = "shop", root: str = "/var/lib/docker", ps: str = ":"
) -> Path:
    """Put a `docker` into a folder whose engine has networks, a data folder and containers."""
    listed = f'printf "bridge\\n{networks}\\n"'
    answers = f"network) {listed};; info) echo {root};; ps) {ps};;"
    return recorded(folder, "docker", f'case "$3" in {answers} esac')


def problems(read: Read, port: int, address: str = LOCAL, **values: object) -> str:
    settings = read({"grafana": {"port": port}, "prometheus": {"port": port + 1}, **values})
    try:
        preflight.check(address, PREFIX, services.describe(settings))
    except EngineError as error:
        return str(error)
    return ""


def test_an_engine_with_all_that_is_needed_has_no_problem(
    on_path: Path, read: Read, free: int
) -> None:
    docker = engine(on_path)
    assert problems(read, free, appNetworks=["shop"]) == ""
    asked = [call.removeprefix(f"--host {LOCAL} ") for call in calls(docker)]
    listed = [f"ps --filter publish={port} --format {{{{.Names}}}}" for port in (free, free + 1)]
    names = " ".join(f"{PREFIX}-{name}" for name in ("prometheus", "loki", "promtail", "grafana"))
    assert sorted(asked) == [
        f"container inspect --format {{{{.Name}}}} {{{{.Image}}}} {names}",
        "info --format {{.DockerRootDir}}",
        "network ls --format {{.Name}}",
        *listed,
    ]


def test_without_the_command_nothing_is_checked(on_path: Path, read: Read, taken: int) -> None:
    assert not list(on_path.iterdir())
    assert problems(read, taken, appNetworks=["shop"]) == ""


def test_a_network_that_is_not_there_is_told_with_those_that_are(
    on_path: Path, read: Read, free: int
) -> None:
    engine(on_path, networks="blog")
    assert problems(read, free, appNetworks=["shop", "blog"]) == (
        "nothing was changed:\n\nmonitoring:appNetworks names 'shop', but the engine has no such"
        " network.\n  Start the application first, or create it: docker network create shop\n"
        "  Present are: blog, bridge"
    )


def test_networks_are_asked_for_only_where_some_are_joined(
    on_path: Path, read: Read, free: int
) -> None:
    docker = engine(on_path)
    assert problems(read, free) == ""
    assert not [call for call in calls(docker) if " network " in call]


def test_another_data_folder_is_told_with_the_command_that_sets_it(
    on_path: Path, read: Read, free: int
) -> None:
    engine(on_path, root="/home/ops/docker")
    assert problems(read, free) == (
        "nothing was changed:\n\nmonitoring:dockerRoot is not the engine's data folder, in which it"
        " keeps its log files.\n"
        "  Set it: pulumi config set monitoring:dockerRoot /home/ops/docker"
    )
    assert problems(read, free, dockerRoot="/home/ops/docker") == ""


def test_a_port_of_another_container_is_told_with_its_name_and_another_port(
    on_path: Path, read: Read, free: int
) -> None:
    engine(on_path, ps=f'[ "$5" = publish={free} ] && echo shop-web-1 || :')
    assert problems(read, free) == (
        f"nothing was changed:\n\nmonitoring:grafana.port is {free}, but the container 'shop-web-1'"
        " holds that port of the host.\n  Stop it, or choose another: pulumi config set --path"
        f" monitoring:grafana.port {free + 1}"
    )


def test_a_port_of_the_stacks_own_container_is_free_for_it(
    on_path: Path, read: Read, taken: int
) -> None:
    engine(on_path, ps=f'[ "$5" = publish={taken} ] && echo {PREFIX}-grafana || :')
    assert problems(read, taken) == ""


def test_a_port_that_another_program_listens_on_is_told(
    on_path: Path, read: Read, taken: int
) -> None:
    engine(on_path)
    assert f"monitoring:grafana.port is {taken}, but another program holds" in problems(read, taken)


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="this machine has no IPv6")
def test_a_port_of_an_ipv6_address_is_tried_as_one(on_path: Path) -> None:
    engine(on_path)
    with socket.socket(socket.AF_INET6) as listening:
        listening.bind(("::1", 0))
        listening.listen()
        port = Port("::1", listening.getsockname()[1], 3000)
        [found] = preflight._taken_port(LOCAL, set(), "grafana", port)  # noqa: SLF001 - a port alone
    assert f"port is {port.external}, but another program holds" in found.what


def test_the_ports_of_an_engine_elsewhere_are_not_tried_here(
    on_path: Path, read: Read, taken: int
) -> None:
    engine(on_path)
    assert problems(read, taken, address="tcp://server:2375") == ""


@pytest.mark.parametrize("address", ["::1", "192.0.2.7"])
def test_an_address_that_is_not_this_machines_is_no_other_program(
    address: str, on_path: Path, free: int
) -> None:
    engine(on_path)
    port = Port(address, free, 3000)
    assert list(preflight._taken_port(LOCAL, set(), "grafana", port)) == []  # noqa: SLF001 - a port alone


def test_all_problems_are_told_at_once(on_path: Path, read: Read, taken: int) -> None:
    engine(on_path, networks="blog", root="/data")
    said, *found = problems(read, taken, appNetworks=["shop"]).split("\n\n")
    assert said == "nothing was changed:"
    keys = [text.split()[0] for text in found]
    assert keys == [f"monitoring:{key}" for key in ("appNetworks", "dockerRoot", "grafana.port")]


def test_a_folder_that_no_service_mounts_is_no_problem(
    on_path: Path, read: Read, free: int
) -> None:
    engine(on_path, root="/data")
    settings = read({"grafana": {"port": free}, "prometheus": {"port": free + 1}})
    others = tuple(each for each in services.describe(settings) if each.name != "promtail")
    preflight.check(LOCAL, PREFIX, others)


def test_each_problem_stops_an_update_and_says_why_it_matters(
    on_path: Path, read: Read, taken: int, free: int
) -> None:
    engine(on_path, networks="blog", root="/data")
    ports = {"grafana": {"port": taken}, "prometheus": {"port": free}}
    settings = read({**ports, "appNetworks": ["shop"]})
    described = services.describe(settings)
    back = Move("prometheus", (3, 15, 0), (2, 54, 1))
    found = [
        *preflight.obstacles(LOCAL, PREFIX, described),
        *preflight.no_way_back([back], described),
    ]
    assert [(each.why, each.stops) for each in found] == [
        ("Docker refuses to start Prometheus without it.", True),
        ("Lines that were lost are counted there.", True),
        ("Two programs cannot listen on one port.", True),
        ("A program that works would be replaced by one that does not.", True),
    ]
