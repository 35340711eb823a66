"""The program as Pulumi sees it: what it declares, with the engine and the provider replaced."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc

from stack.component import Monitoring
from stack.services import describe
from stack.settings.model import Settings
from tests.unit.conftest import Read


class Recorder(mocks.Mocks):
    """Answers like a provider that makes everything at once, and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[mocks.MockResourceArgs] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Remember a resource."""
        self.seen.append(args)
        return args.name, {**args.inputs, "imageId": f"sha256:{args.name}"}

    def call(self, _args: mocks.MockCallArgs) -> tuple[dict[Any, Any], None]:
        """Answer no function: the program calls none."""
        raise AssertionError("unexpected call")

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of all resources of a kind by name."""
        return {args.name: args.inputs for args in self.seen if args.typ.endswith(f":{kind}")}


def run(settings: Settings) -> Recorder:
    """Run the program once."""
    recorder = Recorder()
    mocks.set_mocks(recorder, project="monitoring", stack="dev")

    @pulumi.runtime.test  # type: ignore[untyped-decorator] # Pulumi gives it no types
    def declare() -> None:
        Monitoring(settings, describe(settings))

    declare()
    return recorder


@pytest.fixture
def declared(read: Read) -> Recorder:
    """Run the program without settings."""
    return run(read())


def test_it_declares_three_networks_four_volumes_and_four_containers(declared: Recorder) -> None:
    networks = declared.of("Network")
    assert networks["network"]["name"] == "monitoring-dev"
    assert len(networks) == 3
    assert [name for name, inputs in networks.items() if inputs.get("internal")] == [
        "network-internal"
    ]
    names = {inputs["name"] for inputs in declared.of("Container").values()}
    assert names == {f"monitoring-dev-{s}" for s in ("prometheus", "loki", "promtail", "grafana")}
    assert {inputs["name"] for inputs in declared.of("Volume").values()} == names


def test_a_volume_has_nothing_but_a_name_since_any_change_would_replace_it(
    declared: Recorder,
) -> None:
    assert all(set(inputs) == {"name"} for inputs in declared.of("Volume").values())


def test_a_service_without_a_volume_has_none_and_mounts_none(read: Read) -> None:
    declared = run(read({"blackbox": {"enabled": True}}))
    assert "blackbox-volume" not in declared.of("Volume")
    containers = declared.of("Container")
    assert containers["blackbox"]["mounts"] == []
    assert [mount["type"] for mount in containers["loki"]["mounts"]] == ["volume"]
    assert [net["aliases"] for net in containers["blackbox"]["networksAdvanced"]] == [
        ["blackbox"],
        ["blackbox"],
    ]


def test_images_stay_on_the_engine_for_other_environments(declared: Recorder) -> None:
    assert all(inputs["keepLocally"] for inputs in declared.of("RemoteImage").values())


def test_containers_run_the_image_by_its_id(declared: Recorder) -> None:
    for name, inputs in declared.of("Container").items():
        assert inputs["image"] == f"sha256:{name}-image"


def test_whatever_of_the_host_a_container_sees_it_can_only_read(declared: Recorder) -> None:
    mounts = declared.of("Container")["promtail"]["mounts"]
    assert {each["source"]: each["readOnly"] for each in mounts if each["type"] == "bind"} == {
        "/var/run/docker.sock": True,
        "/var/lib/docker/containers": True,
    }


def test_every_value_that_the_engine_would_fill_in_is_given(declared: Recorder) -> None:
    for inputs in declared.of("Container").values():
        assert inputs["memorySwap"] == inputs["memory"]
        assert set(inputs["healthcheck"]) == {
            *("tests", "interval", "timeout", "startPeriod", "startInterval", "retries"),
        }
        assert inputs["capabilities"] == {"drops": ["ALL"]}
        assert inputs["logDriver"] == "json-file"
        assert all({"ip", "external"} <= set(port) for port in inputs.get("ports", []))
        # The provider stops with a time-out of 0, a kill, where this is not set.
        assert inputs["destroyGraceSeconds"] == inputs["stopTimeout"] >= 30


def test_the_password_reaches_the_provider_as_a_secret_and_alone(declared: Recorder) -> None:
    envs = declared.of("Container")["grafana"]["envs"]
    assert envs[rpc._special_sig_key] == rpc._special_secret_sig  # noqa: SLF001 - Pulumi's mark
    assert envs["value"] == ["GF_SECURITY_ADMIN_PASSWORD=correct horse"]
