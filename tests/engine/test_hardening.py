"""A scan of a running stack: what listens, what each container may do, who gets in.

The stack has every kind of secret: a password, a scraping token, a receiver of alerts.
"""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from operate.grafana_api import Grafana, GrafanaError
from stack.services import describe
from tests.engine import docker, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import SERVICES, Environment

PORTS = {"prometheus": 9090, "loki": 3100, "promtail": 9080, "grafana": 3000}
USERS = {"prometheus": "65534", "loki": "10001", "promtail": "0", "grafana": "472"}
TOKEN = "a-token-of-the-scrapes"
WEBHOOK = "http://receiver.invalid/a-path-that-is-a-secret"
# Which variable of which container holds a secret in clear text: the engine has no other way to
# give one to a program. Whoever may ask the engine can read it, and is root anyway.
HOLDERS = {
    "GF_SECURITY_ADMIN_PASSWORD": "grafana",
    "ALERT_WEBHOOK_URL": "grafana",
    "SCRAPE_SECRETS": "prometheus",
}
_LOOK = """
grep -E '^(Uid|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/1/status
awk '$4 == "0A" && $2 !~ /7F:/ { print "Listens:", $2 }' /proc/net/tcp /proc/net/tcp6
"""


@pytest.fixture(scope="module")
def environment(make_environment: MakeEnvironment) -> Environment:
    """Bring up an environment with every kind of secret."""
    made = make_environment()
    made.configure(jobs=[{"name": "backend", "targets": ["backend:3000"], "auth": "bearer"}])
    made.set_secret("scrapeSecrets.backend", TOKEN)
    made.set_secret("alertSecrets.webhookUrl", WEBHOOK)
    made.up().succeeded()
    return made


@pytest.fixture(scope="module")
def inspected(environment: Environment) -> dict[str, Any]:
    """Return what the engine tells of each container."""
    return {service: docker.inspect(environment.container(service)) for service in SERVICES}


@pytest.fixture(scope="module")
def seen(environment: Environment) -> dict[str, dict[str, list[str]]]:
    """Return what the kernel tells inside each container, of its first process and network."""

    def look(container: str) -> dict[str, list[str]]:
        inside = ("--network", f"container:{container}", "--pid", f"container:{container}")
        command = ("run", "--rm", *inside, "--entrypoint", "sh", talker.image(), "-c", _LOOK)
        found: dict[str, list[str]] = {}
        for line in docker.docker(*command).splitlines():
            key, *values = line.split()
            found.setdefault(key.rstrip(":"), []).append(values[0])
        return found

    return {service: look(environment.container(service)) for service in SERVICES}


def test_nothing_listens_beyond_loopback(
    environment: Environment, inspected: dict[str, Any]
) -> None:
    bindings = [
        binding
        for name in SERVICES
        for ports in inspected[name]["NetworkSettings"]["Ports"].values()
        for binding in ports or []
    ]
    assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}
    assert {int(binding["HostPort"]) for binding in bindings} == {
        environment.setting("grafana", "port"),
        environment.setting("prometheus", "port"),
    }
    addresses = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True)
    for address in addresses.stdout.split():
        for port in (environment.setting(service, "port") for service in ("grafana", "prometheus")):
            with pytest.raises(OSError, match=r"refused|unreachable"):
                socket.create_connection((address, port), timeout=3)


@pytest.mark.parametrize("service", SERVICES)
def test_each_program_listens_on_its_one_port(
    service: str, seen: dict[str, dict[str, list[str]]]
) -> None:
    ports = {int(address.rpartition(":")[2], 16) for address in seen[service]["Listens"]}
    # The Promtail that reads the containers that have ended, for its first minutes.
    assert ports - {9081} == {PORTS[service]}


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
    # By name, and by every address that the program has in any network.
    networks = {
        service: docker.inspect(environment.container(service))["NetworkSettings"]["Networks"]
        for service in PORTS
    }
    open_doors = {
        service
        for service, port in PORTS.items()
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


@pytest.mark.parametrize("service", SERVICES)
def test_each_program_runs_without_any_power_of_the_kernels(
    service: str, seen: dict[str, dict[str, list[str]]]
) -> None:
    found = seen[service]
    assert found["Uid"] == [USERS[service]]
    capabilities = {found[kind][0] for kind in ("CapPrm", "CapEff", "CapBnd", "CapAmb")}
    assert {int(each, 16) for each in capabilities} == {0}
    assert found["NoNewPrivs"] == ["1"]
    assert found["Seccomp"] == ["2"], "the engine's filter of system calls is on"


@pytest.mark.parametrize("service", SERVICES)
def test_each_container_has_the_least_that_it_needs(
    service: str, inspected: dict[str, Any]
) -> None:
    found = inspected[service]
    host = found["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] == host["MemorySwap"] > 0
    assert host["CpuShares"] == (0 if service == "promtail" else 512)
    assert host["LogConfig"]["Type"] == "json-file"
    assert set(host["LogConfig"]["Config"]) == {"max-size", "max-file"}
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert not host["PidMode"]
    assert host["IpcMode"] == "private"
    assert not host["UTSMode"]
    assert not host["UsernsMode"]
    assert all(name.startswith("monitoring-") for name in found["NetworkSettings"]["Networks"])
    assert not host["Devices"]
    assert found["Config"]["Healthcheck"]


@pytest.mark.parametrize("service", SERVICES)
def test_of_the_host_nothing_can_be_written_and_only_what_is_needed_is_seen(
    service: str, environment: Environment, inspected: dict[str, Any]
) -> None:
    [described] = [each for each in describe(environment.settings()) if each.name == service]
    mounts = inspected[service]["Mounts"]
    assert {m["Destination"] for m in mounts if m["RW"] and m["Type"] != "tmpfs"} == {
        described.volume
    }
    of_the_host = {m["Source"]: m for m in mounts if m["Type"] == "bind"}
    assert set(of_the_host) == {bind.host_path for bind in described.binds}
    assert bool(of_the_host) == (service == "promtail")
    assert not [m for m in of_the_host.values() if "shared" in m["Propagation"]]


def test_a_secret_is_seen_by_the_engine_in_one_variable_of_one_container(
    environment: Environment, inspected: dict[str, Any]
) -> None:
    secrets = (environment.password, TOKEN, WEBHOOK, environment.passphrase)
    found = {
        (variable.partition("=")[0], service)
        for service, container in inspected.items()
        for variable in container["Config"]["Env"]
        if any(secret in variable for secret in secrets)
    }
    assert found == set(HOLDERS.items())
    for container in inspected.values():
        rest = {**container, "Config": {**container["Config"], "Env": []}}
        assert not [secret for secret in secrets if secret in json.dumps(rest)]


@pytest.mark.parametrize(
    "path",
    [
        "/api/org",
        "/api/search",
        "/api/datasources",
        "/api/dashboards/uid/application",
        "/api/datasources/proxy/uid/loki/config",
        "/api/admin/settings",
        "/api/snapshots",
    ],
)
def test_grafana_tells_nobody_anything_without_a_password(
    path: str, environment: Environment
) -> None:
    url = f"{environment.outputs()['grafana_url']}{path}"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(url, timeout=10)  # noqa: S310 - http://localhost


def test_grafana_takes_neither_its_default_password_nor_new_people(
    environment: Environment,
) -> None:
    url = environment.outputs()["grafana_url"]
    with pytest.raises(GrafanaError) as refused:
        Grafana(url, "admin").ask("/api/user")
    assert refused.value.code == 401
    person = {"email": "a@example.com", "username": "a", "password": "abcdefgh1"}
    for path in ("/api/user/signup", "/api/user/signup/step2"):
        body = json.dumps(person).encode()
        request = urllib.request.Request(  # noqa: S310 - same
            f"{url}{path}", body, headers={"Content-Type": "application/json"}
        )
        with pytest.raises(urllib.error.HTTPError, match=r"401|403|404"):
            urllib.request.urlopen(request, timeout=10)  # noqa: S310 - same
    assert [user["login"] for user in environment.grafana().ask("/api/users")] == ["admin"]


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
