"""The program as Pulumi sees it: what it declares, with the engine and the provider replaced."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc

from stack import deploy_mark
from stack.component import Monitoring
from stack.docker import engine, readiness
from stack.services import describe
from stack.settings import disk, loading
from stack.settings.model import SERVICES
from tests.unit.conftest import Read, scope
from tests.unit.stack.alerts.test_alerts import EVERY_SERVICE

JOB = {"name": "backend", "targets": ["host.docker.internal:3000"], "auth": "bearer"}
WITHOUT_DATA = ("blackbox", "canary", "curator", "socketproxy")
VALUES: dict[str, Any] = {
    "grafanaAdminPassword": "correct horse",
    "jobs": [JOB],
    "scrapeSecrets": {"backend": "s3cret-token"},
    "appNetworks": ["shop"],
    "containerLogs": {"maxSize": "7m", "maxFiles": 2},
    **EVERY_SERVICE,
}


SHARED = "socketproxy-volume"
"""The volume that holds a socket, and no data."""


class Provider(mocks.Mocks):
    """Makes everything at once."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Return what a resource has, with the values that only the engine knows."""
        return args.name, {**args.inputs, "imageId": f"sha256:{args.name}"}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Answer the one function that the program calls: which network has a name."""
        assert args.token == "docker:index/getNetwork:getNetwork"
        # The engine of the settings, not the one that the environment names.
        assert "pulumi:providers:docker::docker::" in args.provider
        return {"id": f"id-of-{args.args['name']}"}, []


class Declared(mocks.MockMonitor):
    """Remembers each resource as the program registers it."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(Provider())
        self.requests: dict[str, Any] = {}
        self.inputs: dict[str, dict[str, Any]] = {}
        self.kept: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.settings = loading.parse("dev", values, is_secret=lambda _key: True)
        self.services = {service.name: service for service in describe(self.settings)}
        mocks.set_mocks(Provider(), project="monitoring", stack="dev", monitor=self)

        @pulumi.runtime.test  # type: ignore[untyped-decorator] # Pulumi gives it no types
        def run() -> None:
            self.outputs = Monitoring(self.settings, tuple(self.services.values())).outputs

        run()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - Pulumi's name
        """Remember a resource."""
        self.requests[request.name] = request
        self.inputs[request.name] = rpc.deserialize_properties(request.object)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - Pulumi's name
        """Remember what the component keeps in Pulumi's state."""
        if request.urn.endswith("::monitoring-dev"):
            self.kept = rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of all resources of a kind by name."""
        return {
            name: self.inputs[name]
            for name, request in self.requests.items()
            if request.type.endswith(f":{kind}")
        }

    def container(self, service: str) -> dict[str, Any]:
        """Return the inputs of a service's container."""
        return self.of("Container")[service]


@pytest.fixture(scope=scope)
def declared() -> Declared:
    """Run the program once, with every service on."""
    return Declared(VALUES)


@pytest.fixture(scope=scope)
def on_a_server() -> Declared:
    """Run the program once for a server behind ssh, whose volumes go with the stack."""
    own = {"dockerHost": "ssh://ops@server", "keepVolumes": False, "protectVolumes": True}
    return Declared({**VALUES, **own, "disk": "40GB"})


def test_it_declares_three_networks_and_a_container_for_each_service(declared: Declared) -> None:
    networks = declared.of("Network")
    assert {name: each["name"] for name, each in networks.items()} == {
        "network": "monitoring-dev",
        "network-internal": "monitoring-dev-internal",
        "network-grafana": "monitoring-dev-grafana",
    }
    assert [name for name, each in networks.items() if each.get("internal")] == ["network-internal"]
    assert {each["driver"] for each in networks.values()} == {"bridge"}
    names = {name: each["name"] for name, each in declared.of("Container").items()}
    assert names == {service: f"monitoring-dev-{service}" for service in SERVICES}
    volumes = {name: each["name"] for name, each in declared.of("Volume").items()}
    assert volumes.pop(SHARED) == "monitoring-dev-socketproxy"
    assert volumes == {
        f"{service}-volume": f"monitoring-dev-{service}"
        for service in SERVICES
        if service not in WITHOUT_DATA
    }


def test_a_volume_has_nothing_but_a_name_since_any_change_would_replace_it(
    declared: Declared,
) -> None:
    assert all(set(inputs) == {"name"} for inputs in declared.of("Volume").values())


def test_only_the_settings_let_a_volume_go_and_keep_pulumi_from_taking_it(
    declared: Declared, on_a_server: Declared
) -> None:
    for run, kept, protected in ((declared, True, False), (on_a_server, False, True)):
        holding = run.of("Volume").keys() - {SHARED}
        for name in holding:
            request = run.requests[name]
            assert (request.retainOnDelete, request.protect) == (kept, protected)
        assert not run.requests[SHARED].protect
        others = run.requests.keys() - holding
        assert not [name for name in others if run.requests[name].retainOnDelete]


def test_everything_is_part_of_the_component_on_the_engine_of_the_settings(
    declared: Declared, on_a_server: Declared
) -> None:
    for run, host in ((declared, "unix:///var/run/docker.sock"), (on_a_server, "ssh://ops@server")):
        assert run.inputs["docker"]["host"] == host
        own = run.requests["monitoring-dev"]
        assert own.type == "monitoring:index:Monitoring"
        children = run.requests.keys() - {"docker", "monitoring-dev", "monitoring-monitoring-dev"}
        for name in children:
            request = run.requests[name]
            assert request.parent.endswith("monitoring:index:Monitoring::monitoring-dev")
            assert "pulumi:providers:docker::docker::" in request.provider


def test_the_providers_ssh_asks_nobody(declared: Declared, on_a_server: Declared) -> None:
    assert "sshOpts" not in declared.inputs["docker"]
    assert "BatchMode=yes" in on_a_server.inputs["docker"]["sshOpts"]


def trigger(run: Declared, service: str) -> list[str]:
    values = run.requests[service].replacement_trigger.list_value.values
    return [each.string_value for each in values]


def test_a_container_is_made_again_in_its_order_and_with_its_networks(declared: Declared) -> None:
    for service in SERVICES:
        request = declared.requests[service]
        assert request.deleteBeforeReplace
        own = [f"network{network.value}" for network in declared.services[service].own_networks]
        joined = [f"id-of-{name}" for name in declared.services[service].networks]
        assert trigger(declared, service) == [*own, *joined]
        assert list(request.hooks.after_create)
        assert list(request.hooks.after_update)
    after = declared.requests["promtail"].dependencies
    assert [urn for urn in after if urn.endswith("::loki")]
    assert not [urn for urn in declared.requests["loki"].dependencies if urn.endswith("::promtail")]


def test_no_network_of_the_application_is_looked_up_on_a_server_that_a_preview_does_not_touch(
    declared: Declared, on_a_server: Declared
) -> None:
    assert "id-of-shop" in trigger(declared, "prometheus")
    assert "id-of-shop" not in trigger(on_a_server, "prometheus")


def test_the_outputs_say_where_and_under_which_names_everything_is(declared: Declared) -> None:
    found: dict[str, Any] = {}

    @pulumi.runtime.test  # type: ignore[untyped-decorator] # Pulumi gives it no types
    def read() -> pulumi.Output[None]:
        return pulumi.Output.from_input(declared.outputs).apply(found.update)

    read()
    names = {service: f"monitoring-dev-{service}" for service in SERVICES}
    assert found == declared.kept
    assert found == {
        "grafana_url": "http://localhost:3000",
        "prometheus_url": "http://localhost:9090",
        "network": "monitoring-dev",
        "containers": names,
        "volumes": {name: full for name, full in names.items() if name not in WITHOUT_DATA},
    }


def test_the_outputs_say_how_the_disk_is_divided_where_the_settings_say_its_size(
    on_a_server: Declared,
) -> None:
    parts = on_a_server.kept["disk"]
    assert parts == disk.shown(on_a_server.settings)
    assert {"loki", "prometheus", "free"} <= parts.keys()


def test_images_stay_on_the_engine_for_other_environments(declared: Declared) -> None:
    for service in SERVICES:
        image = declared.of("RemoteImage")[f"{service}-image"]
        assert image == {"name": declared.services[service].image, "keepLocally": True}


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_what_the_service_says(name: str, declared: Declared) -> None:
    service, inputs = declared.services[name], declared.container(name)
    assert inputs["image"] == f"sha256:{name}-image"
    assert inputs["hostname"] == name
    assert inputs["user"] == service.user
    assert inputs["command"] == list(service.command)
    assert inputs.get("entrypoints", []) == list(service.entrypoint)
    uploads = {each["file"]: each["content"] for each in inputs["uploads"]}
    assert uploads == {file.path: file.content for file in service.files}
    assert {each["permissions"] for each in inputs["uploads"]} <= {"0644"}
    volumes = {
        m["source"]: (m["target"], m.get("readOnly", False))
        for m in inputs["mounts"]
        if m["type"] == "volume"
    }
    own, others = service.volume or service.shares, service.shared.items()
    assert volumes == {
        **({f"monitoring-dev-{name}": (own, False)} if own else {}),
        **{f"monitoring-dev-{other}": (path, False) for other, path in service.volumes_of.items()},
        **{f"monitoring-dev-{other}": (path, True) for other, path in others},
    }
    assert inputs.get("tmpfs", {}) == service.tmpfs
    ports = [
        (p["ip"], p["external"], p["internal"], p["protocol"]) for p in inputs.get("ports", [])
    ]
    assert ports == [(p.address, p.external, p.internal, "tcp") for p in service.ports]
    assert inputs["memory"] == inputs["memorySwap"] == service.memory.mebibytes
    assert inputs.get("cpuShares") == (None if name in ("promtail", "socketproxy") else 512)
    # The provider stops with a time-out of 0, a kill, where this is not set.
    assert inputs["destroyGraceSeconds"] == inputs["stopTimeout"] == service.stop_seconds


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_may_do_little_and_comes_back_by_itself(name: str, declared: Declared) -> None:
    inputs = declared.container(name)
    assert inputs["capabilities"] == {"drops": ["ALL"]}
    assert inputs["securityOpts"] == ["no-new-privileges:true"]
    assert inputs["restart"] == "unless-stopped"
    assert inputs["logDriver"] == "json-file"
    assert inputs["logOpts"] == {"max-size": "7m", "max-file": "2"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_value_of_a_health_check_is_given_since_the_engine_would_fill_it_in(
    name: str, declared: Declared
) -> None:
    assert declared.container(name)["healthcheck"] == {
        "tests": ["CMD", *declared.services[name].health.command],
        "interval": "10s",
        "timeout": "5s",
        "startPeriod": "30s",
        "startInterval": "0s",
        "retries": 3,
    }


def test_whatever_of_the_host_a_container_sees_it_can_only_read(declared: Declared) -> None:
    mounts = [m for name in SERVICES for m in declared.container(name)["mounts"]]
    binds = [each for each in mounts if each["type"] == "bind"]
    assert {each["source"]: (each["target"], each["readOnly"]) for each in binds} == {
        "/var/run/docker.sock": ("/var/run/docker.sock", True),
        "/var/lib/docker/containers": ("/var/lib/docker/containers", True),
    }


def test_prometheus_joins_the_applications_network_and_is_known_by_name_in_its_own(
    declared: Declared,
) -> None:
    inputs = declared.container("prometheus")
    assert inputs["networksAdvanced"] == [
        {"name": "monitoring-dev", "aliases": ["prometheus"]},
        {"name": "monitoring-dev-internal", "aliases": ["prometheus"]},
        {"name": "shop"},
    ]
    assert inputs["hosts"] == [{"host": "host.docker.internal", "ip": "host-gateway"}]
    assert "hosts" not in declared.container("grafana")


def test_secrets_reach_the_provider_as_secrets_and_alone(declared: Declared) -> None:
    for name, variable in (
        ("grafana", "GF_SECURITY_ADMIN_PASSWORD=correct horse"),
        ("prometheus", "SCRAPE_SECRETS=backend s3cret-token"),
    ):
        envs = declared.container(name)["envs"]
        assert envs[rpc._special_sig_key] == rpc._special_secret_sig  # noqa: SLF001 - Pulumi's mark
        assert envs["value"] == [variable]
    assert declared.container("loki")["envs"] == ["GOMEMLIMIT=435MiB"]


# The end of `up`


def finish(read: Read, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the program end on an engine, and return the stacks whose Grafana is told of it."""
    told: list[str] = []
    settings = read()

    def tell(deploy: deploy_mark.Deploy) -> None:
        told.append(deploy._settings.stack)  # noqa: SLF001 - whose Grafana it is

    monkeypatch.setattr(deploy_mark.Deploy, "tell", tell)
    mocks.set_mocks(Provider(), project="monitoring", stack="dev")

    @pulumi.runtime.test  # type: ignore[untyped-decorator] # Pulumi gives it no types
    def run() -> None:
        Monitoring(settings, describe(settings)).finish()

    run()
    return told


def test_the_deploy_is_told_once_all_services_are_ready(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[Any] = []
    monkeypatch.setattr(readiness, "wait", lambda *given: waited.append(given))
    assert finish(read, monkeypatch) == ["dev"]
    assert waited == [("unix:///var/run/docker.sock", "monitoring-dev", describe(read()))]


def test_a_service_that_is_not_ready_ends_up_with_an_error(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(*_given: object) -> None:
        raise engine.EngineError("loki is not ready")

    monkeypatch.setattr(readiness, "wait", wait)
    with pytest.raises(pulumi.RunError, match=r"^loki is not ready$"):
        finish(read, monkeypatch)
