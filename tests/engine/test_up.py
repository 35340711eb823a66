"""From nothing to four healthy containers; test_hardening.py has what must not be open."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from tests.engine import docker
from tests.engine.environment import Environment
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
