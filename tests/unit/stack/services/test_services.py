from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack import services
from stack.configs import CONFIGS
from stack.service import Service
from stack.services import loki, prometheus, promtail
from stack.settings.model import Network, Settings
from tests.unit.conftest import Read
from tests.unit.stack.alerts.test_alerts import EVERY_SERVICE

BY_BASH = (
    "exec 3<>/dev/tcp/localhost/{} && printf 'GET {} HTTP/1.0\\r\\n\\r\\n' >&3"
    " && grep -q '200 OK' <&3"
)
JOB: dict[str, Any] = {"name": "backend", "targets": ["backend:3000"]}


def described(settings: Settings) -> dict[str, Service]:
    return {service.name: service for service in services.describe(settings)}


def rendered(service: Service, path: str) -> Any:
    [file] = [file for file in service.files if file.path == path]
    return yaml.safe_load(file.content)


def scrape(settings: Settings, job: str) -> dict[str, Any]:
    jobs: list[dict[str, Any]] = prometheus.configuration(settings)["scrape_configs"]
    [found] = [each for each in jobs if each["job_name"] == job]
    return found


def test_only_grafana_and_prometheus_are_published_and_only_on_loopback(read: Read) -> None:
    published = {name: service.ports for name, service in described(read()).items()}
    assert {name for name, ports in published.items() if ports} == {"grafana", "prometheus"}
    assert {port.address for ports in published.values() for port in ports} == {"127.0.0.1"}


def test_the_application_meets_prometheus_and_nobody_else(read: Read) -> None:
    networks = {name: service.own_networks for name, service in described(read()).items()}
    assert networks == {
        "prometheus": (Network.APPLICATION, Network.INTERNAL),
        "loki": (Network.INTERNAL,),
        "promtail": (Network.INTERNAL,),
        "grafana": (Network.INTERNAL, Network.GRAFANA),
    }


def test_nobody_deletes_lines_by_asking_loki(read: Read) -> None:
    assert loki.configuration(read())["limits_config"]["deletion_mode"] == "disabled"


def test_prometheus_answers_no_page_of_another_origin(read: Read) -> None:
    assert "--web.cors.origin=none" in prometheus.describe(read()).command


def test_only_promtail_runs_as_root_and_only_promtail_sees_the_engine(read: Read) -> None:
    found = described(read())
    assert [name for name, service in found.items() if service.user.startswith("0:")] == [
        "promtail"
    ]
    assert [name for name, service in found.items() if service.binds] == ["promtail"]


def test_no_file_holds_a_secret(read: Read) -> None:
    job = {**JOB, "auth": "bearer"}
    settings = read({"jobs": [job]}, scrapeSecrets={"backend": "s3cret-token"})
    for service in services.describe(settings):
        for file in service.files:
            assert "s3cret-token" not in file.content
            assert "correct horse" not in file.content


def test_clear_variables_are_not_mixed_with_secrets_which_would_hide_them(read: Read) -> None:
    job = {**JOB, "auth": "bearer"}
    settings = read({"jobs": [job]}, scrapeSecrets={"backend": "s3cret-token"})
    assert not [s.name for s in services.describe(settings) if s.environment and s.secrets]


def test_promtail_stops_before_loki_and_the_curator_starts_after_it(read: Read) -> None:
    assert described(read())["promtail"].after == ("loki",)
    assert described(read(EVERY_SERVICE))["curator"].after == ("loki",)


def test_health_checks_have_the_form_in_which_the_engine_gives_them_back(read: Read) -> None:
    for service in services.describe(read()):
        health = service.health
        for duration in (health.interval, health.timeout, health.start_period):
            # Go prints 60 s as 1m0s: anything else would be a difference at each preview.
            assert duration.endswith("s")
            assert int(duration[:-1]) < 60


def test_a_stop_leaves_time_to_write_what_is_in_memory(read: Read) -> None:
    found = described(read())
    assert found["prometheus"].stop_seconds >= 60
    assert found["loki"].stop_seconds >= 60


@pytest.mark.parametrize("name", ["loki", "promtail", "canary", "blackbox"])
def test_a_go_program_knows_its_memory_limit(name: str, read: Read) -> None:
    own = {**EVERY_SERVICE.get(name, {}), "memory": "1GB"}
    service = described(read({**EVERY_SERVICE, name: own}))[name]
    assert service.environment["GOMEMLIMIT"] == "870MiB"


def test_a_job_of_the_settings_is_scraped_beside_the_stack_itself(read: Read) -> None:
    settings = read({"jobs": [JOB, {**JOB, "name": "worker", "path": "/internal/metrics"}]})
    jobs = [each["job_name"] for each in prometheus.configuration(settings)["scrape_configs"]]
    assert jobs == ["prometheus", "loki", "promtail", "grafana", "backend", "worker"]
    assert scrape(settings, "worker")["metrics_path"] == "/internal/metrics"


def test_a_backend_with_a_wrong_content_type_is_scraped_all_the_same(read: Read) -> None:
    assert scrape(read({"jobs": [JOB]}), "backend")["fallback_scrape_protocol"]


def test_a_scrape_never_takes_longer_than_its_interval(read: Read) -> None:
    settings = read({"jobs": [{**JOB, "interval": "2s"}], "prometheus": {"scrapeInterval": "5s"}})
    assert scrape(settings, "backend")["scrape_timeout"] == "2s"
    assert prometheus.configuration(settings)["global"]["scrape_timeout"] == "5s"


def test_prometheus_has_the_intervals_and_the_retention_of_the_settings(read: Read) -> None:
    own = {"scrapeInterval": "20s", "retentionTime": "3d", "retentionSize": "2GB"}
    settings = read({"prometheus": own, "alerts": {"evaluationInterval": "1m"}})
    content = prometheus.configuration(settings)
    assert content["global"] == {
        "scrape_interval": "20s",
        "scrape_timeout": "10s",
        "evaluation_interval": "1m",
    }
    assert content["storage"] == {"tsdb": {"retention": {"time": "3d", "size": "2GB"}}}


def test_what_somebody_adds_to_prometheus_file_stays_there(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(CONFIGS, tmp_path / "configs")
    monkeypatch.setattr("stack.configs.CONFIGS", tmp_path / "configs")
    file = tmp_path / "configs/prometheus/prometheus.yml"
    own = "global:\n  external_labels: {region: eu}\n"
    file.write_text(file.read_text().replace("global:\n", own, 1))
    assert prometheus.configuration(read())["global"]["external_labels"] == {"region": "eu"}


def test_grafana_knows_the_scrape_interval(read: Read) -> None:
    service = described(read({"prometheus": {"scrapeInterval": "30s"}}))["grafana"]
    sources = rendered(service, "/etc/grafana/provisioning/datasources/datasources.yml")
    intervals = [source["jsonData"].get("timeInterval") for source in sources["datasources"]]
    assert intervals == ["30s", None]


def test_the_data_sources_names_and_uids_are_the_ones_that_dashboards_and_databases_know(
    read: Read,
) -> None:
    sources = rendered(
        described(read())["grafana"], "/etc/grafana/provisioning/datasources/datasources.yml"
    )
    assert [(s["name"], s["uid"]) for s in sources["datasources"]] == [
        ("Prometheus", "prometheus"),
        ("Loki", "loki"),
    ]


def test_basic_auth_reads_its_password_from_a_file_in_memory(read: Read) -> None:
    job = {**JOB, "auth": "basic", "username": "prom"}
    other = {**JOB, "name": "worker", "auth": "bearer"}
    secrets = {"backend": "s3cret", "worker": "t0ken"}
    settings = read({"jobs": [job, other]}, scrapeSecrets=secrets)
    assert scrape(settings, "backend")["basic_auth"] == {
        "username": "prom",
        "password_file": "/run/secrets/backend",
    }
    service = prometheus.describe(settings)
    assert service.secrets["SCRAPE_SECRETS"].reveal() == "backend s3cret\nworker t0ken"
    assert service.tmpfs == {"/run/secrets": "rw,noexec,nosuid,size=64k,mode=0700,uid=65534"}


def test_without_scrape_secrets_prometheus_starts_without_a_shell(read: Read) -> None:
    service = prometheus.describe(read({"jobs": [JOB]}))
    assert (service.entrypoint, service.tmpfs, service.secrets) == ((), {}, {})


def test_a_container_that_starts_with_a_script_has_it_and_runs_it_as_its_first_line_says(
    read: Read,
) -> None:
    values = {**EVERY_SERVICE, "jobs": [{**JOB, "auth": "bearer"}]}
    found = described(read(values, scrapeSecrets={"backend": "s3cret"}))
    scripted = {name: each for name, each in found.items() if len(each.entrypoint) == 2}
    assert scripted.keys() == {"prometheus", "promtail", "grafana", "curator"}
    for service in scripted.values():
        program, script = service.entrypoint
        [content] = [file.content for file in service.files if file.path == script]
        # By its name alone, perl is found on the PATH.
        assert content.startswith((f"#!{program}\n", f"#!/usr/bin/{program}\n"))


def test_the_proxy_stays_in_the_foreground_with_its_own_file(read: Read) -> None:
    proxy = described(read(EVERY_SERVICE))["socketproxy"]
    [file] = proxy.files
    assert (*proxy.entrypoint, *proxy.command) == ("haproxy", "-db", "-f", file.path)


def test_the_curator_is_told_what_loki_may_keep_and_for_how_long(read: Read) -> None:
    loki = {"retentionSize": "2GB", "retention": "3d"}
    command = described(read({"loki": loki}))["curator"].command
    assert command == ("/loki", str(2 * 2**30), str(3 * 86_400), "9100")


def test_a_target_on_the_host_gets_the_host_gateway(read: Read) -> None:
    job = {**JOB, "targets": ["host.docker.internal:3000"]}
    assert prometheus.describe(read({"jobs": [job]})).host_gateway
    assert not prometheus.describe(read({"jobs": [JOB]})).host_gateway
    for page, is_there in (("http://host.docker.internal:80/", True), ("http://proxy/", False)):
        probing = read({"blackbox": {"enabled": True, "probes": [page]}})
        assert described(probing)["blackbox"].host_gateway is is_there


def test_loki_deletes_what_is_older_than_its_retention(read: Read) -> None:
    content = loki.configuration(read({"loki": {"retention": "72h"}}))
    assert content["limits_config"]["retention_period"] == "72h"
    assert content["compactor"] == {
        "retention_enabled": True,
        "delete_request_store": "filesystem",
    }


def test_loki_refuses_only_lines_that_its_retention_would_delete(read: Read) -> None:
    limits = loki.configuration(read({"loki": {"retention": "30d"}}))["limits_config"]
    assert limits["reject_old_samples_max_age"] == "30d"


def test_loki_reads_its_write_ahead_log_back_within_its_memory(read: Read) -> None:
    content = loki.configuration(read({"loki": {"memory": "1GB"}}))
    assert content["ingester"]["wal"]["replay_memory_ceiling"] == "512MB"


def test_all_containers_are_read_by_default(read: Read) -> None:
    settings = read({"promtail": {"refreshInterval": "7s"}})
    source = promtail.configuration(settings)["scrape_configs"][0]
    host = "unix:///var/run/docker.sock"
    assert source["docker_sd_configs"] == [{"host": host, "refresh_interval": "7s"}]


def test_containers_are_selected_at_the_engine(read: Read) -> None:
    logs = {"includeNames": ["shop-.*"], "includeLabels": ["a=b"]}
    source = promtail.configuration(read({"logs": logs}))["scrape_configs"][0]
    chosen, measured = source["docker_sd_configs"]
    assert chosen["filters"] == [
        {"name": "name", "values": ["^(shop-.*)$"]},
        {"name": "label", "values": ["a=b"]},
    ]
    own = ["^(monitoring-dev-canary)$", "^(monitoring-dev-loss)$"]
    assert measured["filters"] == [{"name": "name", "values": own}]


def test_the_canary_looks_for_its_own_containers_lines_until_one_cannot_be_late_any_more(
    read: Read,
) -> None:
    assert described(read(EVERY_SERVICE))["canary"].command == (
        "-port=3500",
        "-addr=loki:3100",
        "-labelname=container",
        "-labelvalue=monitoring-dev-canary",
        "-streamname=stream",
        "-streamvalue=stdout",
        "-wait=30s",
        "-pruneinterval=15s",
        "-max-wait=3m30s",
        "-spot-check-query-rate=5m",
    )


def test_the_exporter_reaches_the_applications_pages_and_asks_as_its_file_says(read: Read) -> None:
    service = described(read({**EVERY_SERVICE, "appNetworks": ["shop"]}))["blackbox"]
    assert service.own_networks == (Network.APPLICATION, Network.INTERNAL)
    assert service.networks == ("shop",)
    written = yaml.safe_load((CONFIGS / "blackbox/blackbox.yml").read_text())
    assert rendered(service, "/etc/blackbox_exporter/config.yml") == written


def test_loki_starts_with_limits_that_the_curator_replaces(read: Read) -> None:
    found = described(read({"loki": {"retentionSize": "1GB"}}))["loki"]
    assert rendered(found, "/loki/limits.yml") == {"overrides": {}}
    assert not [file for file in described(read())["loki"].files if "limits" in file.path]


def test_the_settings_labels_are_on_every_line_and_every_series(read: Read) -> None:
    settings = read({"labels": {"environment": "dev"}, "jobs": [JOB]})
    [client] = promtail.configuration(settings)["clients"]
    assert client["external_labels"] == {"environment": "dev"}
    for each in prometheus.configuration(settings)["scrape_configs"]:
        assert each["static_configs"][0]["labels"]["environment"] == "dev"


def test_promtail_never_gives_a_batch_up(read: Read) -> None:
    [client] = promtail.configuration(read())["clients"]
    assert client["backoff_config"]["max_retries"] == 0


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1", "http://localhost:3000"),
        ("0.0.0.0", "http://localhost:3000"),  # noqa: S104 - an address to be shown
        ("192.0.2.7", "http://192.0.2.7:3000"),
        ("2001:db8::7", "http://[2001:db8::7]:3000"),
    ],
)
def test_the_url_is_one_that_a_browser_on_the_host_can_open(
    address: str, url: str, read: Read
) -> None:
    assert read({"bindAddress": address, "dockerHost": "unix:///docker.sock"}).url(3000) == url


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1", "http://localhost:3000"),
        ("0.0.0.0", "http://server.example.com:3000"),  # noqa: S104 - an address to be shown
        ("192.0.2.7", "http://192.0.2.7:3000"),
    ],
)
def test_the_url_names_the_docker_host_where_the_port_is_bound_to_all_its_addresses(
    address: str, url: str, read: Read
) -> None:
    values = {"bindAddress": address, "dockerHost": "ssh://deploy@server.example.com:2222"}
    assert read(values).url(3000) == url


def test_each_dashboard_lies_where_grafana_looks_for_them(read: Read) -> None:
    grafana = described(read())["grafana"]
    path = "/etc/grafana/provisioning/dashboards/dashboards.yml"
    [provider] = rendered(grafana, path)["providers"]
    found = {file.path: file.content for file in grafana.files}
    for name in CONFIGS.glob("*/dashboards/*.json"):
        written = json.loads(name.read_text(encoding="utf-8"))
        assert json.loads(found[f"{provider['options']['path']}/{name.name}"]) == written


@pytest.mark.parametrize("name", [entry.name for entry in services.SERVICES])
def test_a_service_has_the_image_and_the_memory_of_its_settings(name: str, read: Read) -> None:
    own = {**EVERY_SERVICE.get(name, {}), "image": "example.org/own:1.2", "memory": "1234MB"}
    service = described(read({**EVERY_SERVICE, name: own}))[name]
    assert (service.image, service.memory.mebibytes) == ("example.org/own:1.2", 1234)


@pytest.mark.parametrize(
    ("name", "user", "volume", "stop_seconds"),
    [
        ("prometheus", "65534:65534", "/prometheus", 60),
        ("loki", "10001:10001", "/loki", 60),
        ("promtail", "0:0", "/var/lib/promtail", 30),
        ("grafana", "472:0", "/var/lib/grafana", 30),
        ("blackbox", "65534:65534", "", 30),
        ("canary", "65534:65534", "", 30),
        ("socketproxy", "0:0", "", 10),
        ("curator", "10001:10001", "", 10),
    ],
)
def test_what_a_service_keeps_is_where_its_image_keeps_it_and_belongs_to_its_user(
    name: str, user: str, volume: str, stop_seconds: int, read: Read
) -> None:
    service = described(read(EVERY_SERVICE))[name]
    kept = (service.user, service.volume, service.stop_seconds)
    assert kept == (user, volume, stop_seconds)


def test_the_stores_write_into_their_volumes(read: Read) -> None:
    assert "--storage.tsdb.path=/prometheus" in described(read())["prometheus"].command
    assert loki.configuration(read())["common"]["path_prefix"] == "/loki"
    assert promtail.configuration(read())["positions"]["filename"].startswith("/var/lib/promtail/")


def test_promtail_reads_through_the_engine_of_the_settings(read: Read) -> None:
    values = {"dockerSocket": "/run/user/1000/docker.sock", "dockerRoot": "/home/ops/docker"}
    assert [(bind.host_path, bind.path) for bind in promtail.describe(read(values)).binds] == [
        ("/run/user/1000/docker.sock", "/var/run/docker.sock"),
        ("/home/ops/docker/containers", "/var/lib/docker/containers"),
    ]


def test_with_the_proxy_promtail_asks_that_and_has_no_socket_of_the_engines(read: Read) -> None:
    settings = read(
        {"socketproxy": {"enabled": True}, "dockerSocket": "/run/user/1000/docker.sock"}
    )
    found = described(settings)
    proxy, collector = found["socketproxy"], found["promtail"]
    holders = [name for name, each in found.items() if settings.docker_socket in paths(each)]
    assert holders == ["socketproxy"]
    assert paths(collector) == ["/var/lib/docker/containers"]
    assert collector.shared == {"socketproxy": proxy.shares}
    assert "socketproxy" in collector.after
    assert f"bind unix@{proxy.shares}/docker.sock" in proxy.files[0].content
    assert f"server engine unix@{proxy.binds[0].path} " in proxy.files[0].content
    asked = re.findall(r"unix://\S+", "".join(file.content for file in collector.files))
    assert set(asked) == {f"unix://{proxy.shares}/docker.sock"}


def paths(service: Service) -> list[str]:
    return [bind.host_path for bind in service.binds]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("prometheus", "promtool check ready --url=http://localhost:9090"),
        ("loki", "/usr/bin/loki -health"),
        ("blackbox", "wget -q --spider http://localhost:9115/-/healthy"),
        ("canary", "wget -q --spider http://localhost:3500/metrics"),
        ("socketproxy", "wget -q --spider http://127.0.0.1:8404/ready"),
        ("promtail", "bash -c " + BY_BASH.format(9080, "/ready")),
        ("curator", "bash -c " + BY_BASH.format(9100, "/metrics")),
        (
            "grafana",
            "sh -c test -e /tmp/password-is-set && curl -fsS http://localhost:3000/api/health",
        ),
    ],
)
def test_a_health_check_asks_the_program_itself(name: str, command: str, read: Read) -> None:
    assert " ".join(described(read(EVERY_SERVICE))[name].health.command) == command
