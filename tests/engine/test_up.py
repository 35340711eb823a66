"""From nothing to four healthy containers, and nothing open that should not be."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.engine import docker, talker
from tests.engine.environment import SERVICES, Environment
from tests.engine.waiting import eventually


def answer(url: str) -> int:
    """Give the HTTP status with which a URL answers on the host."""
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - http://localhost
        return int(response.status)


def test_the_engine_finds_all_four_containers_healthy(environment: Environment) -> None:
    eventually(environment.is_healthy, seconds=30, what="four healthy containers")


def test_the_outputs_urls_answer_on_the_host(environment: Environment) -> None:
    outputs = environment.outputs()
    assert answer(f"{outputs['grafana_url']}/api/health") == 200
    assert answer(f"{outputs['prometheus_url']}/-/ready") == 200


def test_the_outputs_name_what_a_script_needs(environment: Environment) -> None:
    outputs = environment.outputs()
    assert outputs["network"] in docker.names("network", environment.prefix)
    assert set(outputs["containers"].values()) == docker.names("container", environment.prefix)
    assert set(outputs["volumes"].values()) == docker.names("volume", environment.prefix)


def test_nothing_listens_beyond_loopback(environment: Environment) -> None:
    bindings = [
        binding
        for name in SERVICES
        for ports in docker.inspect(environment.container(name))["NetworkSettings"][
            "Ports"
        ].values()
        for binding in ports or []
    ]
    assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}
    assert {int(binding["HostPort"]) for binding in bindings} == {
        environment.setting("grafana", "port"),
        environment.setting("prometheus", "port"),
    }


def reaches(container: str, host: str, port: int) -> bool:
    """Tell whether a container can open a connection."""
    # Where nothing answers, not even with a refusal, one second is what it may take.
    command = f"timeout 1 nc {host} {port} </dev/null >/dev/null 2>&1"
    probe = docker.docker("exec", container, "sh", "-c", f"{command}; [ $? = 0 ] && echo yes || :")
    return probe == "yes"


@pytest.fixture
def application(environment: Environment) -> Iterator[str]:
    """Start a container where an application's backend is: in the stack's network."""
    name = f"app-{environment.name}"
    network = ("--network", environment.outputs()["network"])
    yield talker.start(name, "exec sleep 600", *network)
    docker.docker("rm", "--force", name)


def test_the_application_reaches_prometheus_and_neither_loki_promtail_nor_grafana(
    environment: Environment, application: str
) -> None:
    doors = {"prometheus": 9090, "loki": 3100, "promtail": 9080, "grafana": 3000}
    # By name, and by every address that the program has in any network.
    networks = {
        service: docker.inspect(environment.container(service))["NetworkSettings"]["Networks"]
        for service in doors
    }
    open_doors = {
        service
        for service, port in doors.items()
        for host in (service, *(each["IPAddress"] for each in networks[service].values()))
        if reaches(application, host, port)
    }
    assert open_doors == {"prometheus"}


def test_no_line_is_deleted_by_asking_loki(environment: Environment) -> None:
    url = "http://loki:3100/loki/api/v1/delete?start=0&query=%7Bcontainer%3D~%22.%2B%22%7D"
    ask = ("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", url)
    assert docker.docker("exec", environment.container("grafana"), *ask) == "403"


def test_loki_is_reached_in_the_stacks_network_and_on_no_port_of_the_host(
    environment: Environment,
) -> None:
    addresses = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True)
    for address in ["127.0.0.1", *addresses.stdout.split()]:
        with pytest.raises(OSError, match=r"refused|unreachable"):
            socket.create_connection((address, 3100), timeout=3)
    ready = docker.docker(
        *("exec", environment.container("grafana"), "curl", "-fsS", "http://loki:3100/ready")
    )
    assert ready == "ready"


def test_both_data_sources_are_healthy_and_read_only(environment: Environment) -> None:
    grafana = environment.grafana()
    sources = {source["name"]: source for source in grafana.ask("/api/datasources")}
    assert set(sources) == {"Prometheus", "Loki"}
    assert all(source["readOnly"] for source in sources.values())
    assert grafana.source_is_healthy("prometheus")
    # What newer Grafanas ask Loki for its health; older ones have no such check of Loki.
    assert grafana.number("vector(1)+vector(1)") == 2


def test_the_home_page_is_the_applications_dashboard(environment: Environment) -> None:
    home = environment.grafana().ask("/api/dashboards/home")
    assert home["dashboard"]["title"] == "Application"


def test_the_provisioned_dashboards_cannot_be_edited(environment: Environment) -> None:
    dashboard = environment.grafana().ask("/api/dashboards/uid/application")
    assert dashboard["meta"]["provisioned"]
    assert dashboard["meta"]["folderTitle"] == "Monitoring"


def test_prometheus_reaches_all_four_programs(environment: Environment) -> None:
    grafana = environment.grafana()
    eventually(
        lambda: grafana.metric('count(up{part_of="monitoring"} == 1)') == 4,
        seconds=30,
        what="four targets up",
    )


@pytest.mark.parametrize("service", SERVICES)
def test_each_container_has_the_least_that_it_needs(service: str, environment: Environment) -> None:
    found = docker.inspect(environment.container(service))
    host = found["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] == host["MemorySwap"] > 0
    assert host["LogConfig"]["Type"] == "json-file"
    assert set(host["LogConfig"]["Config"]) == {"max-size", "max-file"}
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert (found["Config"]["User"] == "0:0") == (service == "promtail")


def test_grafana_starts_without_an_error_line(environment: Environment) -> None:
    lines = docker.logs(environment.container("grafana")).splitlines()
    # The lab's Grafana has no web pages, and says so.
    known = "Failed to detect generated javascript files"
    assert not [line for line in lines if '"level":"error"' in line and known not in line]


def test_a_preview_right_after_up_finds_nothing_to_change_twice(environment: Environment) -> None:
    for _ in range(2):
        environment.preview("--refresh", "--expect-no-changes").succeeded()


def test_retention_by_time_and_size_reaches_prometheus(environment: Environment) -> None:
    url = environment.outputs()["prometheus_url"]
    with urllib.request.urlopen(f"{url}/api/v1/status/runtimeinfo", timeout=10) as response:  # noqa: S310 - same
        info = json.load(response)["data"]
    assert info["storageRetention"] == "15d or 4GiB"


@pytest.mark.parametrize(
    "path",
    [
        "-/quit",
        "-/reload",
        "api/v1/admin/tsdb/delete_series?match[]=up",
        "api/v1/admin/tsdb/snapshot",
        "api/v1/write",
        "api/v1/otlp/v1/metrics",
    ],
)
def test_prometheus_cannot_be_stopped_or_changed_over_http(
    path: str, environment: Environment
) -> None:
    url = environment.outputs()["prometheus_url"]
    request = urllib.request.Request(f"{url}/{path}", method="POST")  # noqa: S310 - same
    # 500 is its answer where the administrative API is off.
    with pytest.raises(urllib.error.HTTPError, match=r"403|404|500|503"):
        urllib.request.urlopen(request, timeout=10)  # noqa: S310 - same


def test_a_page_of_another_origin_may_not_read_metrics(environment: Environment) -> None:
    url = f"{environment.outputs()['prometheus_url']}/api/v1/query?query=up"
    request = urllib.request.Request(url, headers={"Origin": "https://example.com"})  # noqa: S310 - same
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - same
        assert response.headers["Access-Control-Allow-Origin"] is None
