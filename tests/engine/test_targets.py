"""Every way to reach a target: a network of the application's, the host, with a secret."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.engine import docker, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment, free_port
from tests.engine.waiting import eventually

TOKEN = "s3cret-scrape-token"
PASSWORD = "s3cret-scrape-password"
REPLICAS = "replicas-of-one-name"
DEAD = "http://no-such-container:8080/"
EACH_NAME = "{{range .Containers}}{{.Name}} {{end}}"


@dataclass
class Exporter:
    """A backend on the host; it remembers with which authorization it was asked."""

    port: int
    asked_with: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def exporter() -> Iterator[Exporter]:
    """Serve a metric on the host, without a Content-Type."""
    found = Exporter(free_port())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked_with.add(self.headers["Authorization"] or "")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"exporter_metric 42\n")

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    address = ("0.0.0.0", found.port)  # noqa: S104 - containers come from another address
    with ThreadingHTTPServer(address, Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


@pytest.fixture(scope="module")
def environment(
    make_environment: MakeEnvironment, exporter: Exporter, images: dict[str, str]
) -> Iterator[Environment]:
    """Make an environment with targets and a page in a foreign network, and three on the host."""
    made = make_environment()
    network = f"foreign-{made.name}"
    host = [f"host.docker.internal:{exporter.port}"]
    docker.docker("network", "create", network)
    name = f"{network}-exporter"
    docker.docker("run", "--detach", "--name", name, "--network", network, talker.image())
    for number in (1, 2):
        alias = ("--network", network, "--network-alias", REPLICAS)
        run = ("run", "--detach", "--name", f"{network}-{number}", *alias, talker.image())
        docker.docker(*run)
    made.configure(
        appNetworks=[network],
        alerts={"pendingFactor": 0, "evaluationInterval": "10s"},
        blackbox={
            "enabled": True,
            "image": images["blackbox"],
            "probes": [f"http://{name}:9090/metrics", DEAD],
        },
        jobs=[
            {"name": "joined", "targets": [f"{name}:9090"]},
            {"name": "several", "targets": [f"{REPLICAS}:9090"], "replicas": True},
            {"name": "absent", "targets": ["no-such-container:9090"]},
            {"name": "large", "targets": [f"{name}:9090"], "sampleLimit": 100},
            {"name": "host", "targets": host, "labels": {"team": "shop"}},
            {"name": "bearer", "targets": host, "auth": "bearer"},
            {"name": "basic", "targets": host, "auth": "basic", "username": "prom"},
        ],
    )
    made.set_secret("scrapeSecrets.bearer", TOKEN)
    made.set_secret("scrapeSecrets.basic", PASSWORD)
    made.up().succeeded()
    yield made
    made.pulumi("destroy", "--yes", "--skip-preview").succeeded()
    docker.remove_all(network)


@pytest.mark.parametrize("job", ["joined", "host", "bearer", "basic"])
def test_the_target_is_scraped(job: str, environment: Environment) -> None:
    grafana = environment.grafana()
    eventually(lambda: grafana.metric(f'up{{job="{job}"}}') == 1, seconds=30, what=f"{job} up")


def test_each_container_behind_one_name_is_a_target_until_it_is_gone(
    environment: Environment,
) -> None:
    grafana = environment.grafana()
    mine = f'up{{job="several",instance=~"{REPLICAS}-[0-9.]+:9090"}}'
    eventually(lambda: grafana.metric(f"sum({mine})") == 2, seconds=30, what="two are up")
    docker.docker("stop", f"foreign-{environment.name}-2")
    eventually(lambda: grafana.metric(f"count({mine})") == 1, seconds=60, what="one is left")
    assert grafana.metric(f"sum({mine})") == 1


def test_a_target_whose_name_leads_nowhere_is_down_and_not_missing(
    environment: Environment,
) -> None:
    found = environment.grafana().metric('up{job="absent",instance="no-such-container:9090"}')
    assert found == 0


def test_a_target_with_more_series_than_it_may_have_is_down_and_counted(
    environment: Environment,
) -> None:
    grafana = environment.grafana()
    over = 'prometheus_target_scrapes_exceeded_sample_limit_total{job="prometheus"}'
    eventually(lambda: (grafana.metric(over) or 0) > 0, seconds=30, what="a scrape over its limit")
    assert grafana.metric('up{job="large"}') == 0


def test_an_answer_without_a_content_type_is_stored_all_the_same(environment: Environment) -> None:
    found = environment.grafana().metric('exporter_metric{job="host", team="shop"}')
    assert found == 42


def test_the_secrets_arrive_at_the_target(environment: Environment, exporter: Exporter) -> None:
    assert environment
    basic = "Basic cHJvbTpzM2NyZXQtc2NyYXBlLXBhc3N3b3Jk"  # prom:s3cret-scrape-password
    expected = {"", f"Bearer {TOKEN}", basic}
    eventually(lambda: exporter.asked_with == expected, seconds=10, what=f"{expected}")


def test_scrape_secrets_stay_out_of_sight(environment: Environment) -> None:
    prometheus = environment.container("prometheus")
    places = {
        "configuration": docker.docker("exec", prometheus, "cat", "/etc/prometheus/prometheus.yml"),
        "environment": docker.docker("exec", prometheus, "cat", "/proc/1/environ"),
        "arguments": docker.docker("exec", prometheus, "cat", "/proc/1/cmdline"),
        "logs": docker.logs(prometheus),
        "state": environment.state(),
        "preview": environment.preview("--diff").succeeded().text,
    }
    assert [name for name, text in places.items() if TOKEN in text or PASSWORD in text] == []


def test_a_preview_finds_nothing_to_change(environment: Environment) -> None:
    environment.preview("--refresh", "--expect-no-changes").succeeded()


def test_a_page_that_answers_is_told_from_one_that_does_not(environment: Environment) -> None:
    grafana = environment.grafana()
    page = f"http://foreign-{environment.name}-exporter:9090/metrics"

    def told() -> bool:
        return [grafana.metric(f'probe_success{{instance="{p}"}}') for p in (page, DEAD)] == [1, 0]

    eventually(told, seconds=30, what="one page that answers and one that does not")
    firing = 'ALERTS{alertname="ProbeFailing",alertstate="firing"'
    alert = f'count({firing},instance="{DEAD}"}})'
    eventually(lambda: grafana.metric(alert) == 1, seconds=40, what="the dead page's alert")
    assert grafana.metric(f'count({firing},instance="{page}"}})') is None


def test_the_fifth_service_is_watched_and_limited_as_the_others(environment: Environment) -> None:
    grafana = environment.grafana()
    assert grafana.metric('up{job="blackbox",part_of="monitoring"}') == 1
    assert grafana.metric('service_memory_limit_bytes{job="blackbox"}') == 64 * 2**20
    container = docker.inspect(environment.container("blackbox"))
    assert container["HostConfig"]["Memory"] == 64 * 2**20
    assert container["HostConfig"]["CapDrop"] == ["ALL"]
    assert container["NetworkSettings"]["Ports"] in ({}, {"9115/tcp": None}, {"9115/tcp": []})
    assert docker.health(environment.container("blackbox")) == "healthy"
    assert environment.container("blackbox") not in docker.names("volume", environment.prefix)


def test_where_the_applications_network_was_made_again_an_update_joins_it(
    environment: Environment,
) -> None:
    network = f"foreign-{environment.name}"
    exporter = f"{network}-exporter"
    for name in docker.docker("network", "inspect", network, "--format", EACH_NAME).split():
        docker.docker("network", "disconnect", network, name)
    docker.docker("network", "rm", network)
    docker.docker("network", "create", network)
    docker.docker("network", "connect", network, exporter)
    grafana = environment.grafana()
    eventually(lambda: grafana.metric('up{job="joined"}') == 0, seconds=20, what="a target down")
    environment.up().succeeded()
    eventually(lambda: grafana.metric('up{job="joined"}') == 1, seconds=30, what="it is up again")
    environment.preview("--expect-no-changes").succeeded()
