"""The preflight on a real engine, on which several things are wrong at once."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from bootstrap import programs
from bootstrap.progress import CommandError
from operate.preflight import command
from operate.stacks import Stack
from tests.engine import docker, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment

_COLLECTOR = ("--volume", "/var/run/docker.sock:/var/run/docker.sock:ro")


@pytest.fixture
def planned(make_environment: MakeEnvironment) -> Iterator[Environment]:
    """Return an environment that was never up, on an engine where much is wrong for it."""
    made = make_environment()
    port = made.setting("grafana", "port")
    troubles = {
        "silent": ("--log-driver", "none"),
        "small": ("--log-opt", "max-size=100k"),
        "holder": ("--publish", f"127.0.0.1:{port}:80"),
        "promtail": _COLLECTOR,
    }
    made.configure(
        appNetworks=["no-such-network"],
        prometheus={"memory": "900GB", "retentionSize": "900TB"},
        loki={"image": "127.0.0.1:1/loki:3"},
        dockerSocket="/no/such/docker.sock",
    )
    for name, options in troubles.items():
        talker.start(f"{made.name}-{name}", "exec sleep 600", *options)
    yield made
    for name in troubles:
        docker.docker("rm", "--force", "--volumes", f"{made.name}-{name}")


def test_everything_that_is_wrong_is_named_at_once_within_seconds_and_nothing_is_changed(
    planned: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(programs, "ROOT", planned.project)
    stack = Stack(
        planned.name,
        {
            "PULUMI_CONFIG_PASSPHRASE": planned.passphrase,
            "PULUMI_BACKEND_URL": planned.backend,
        },
    )
    before = time.monotonic()
    with pytest.raises(CommandError, match="nothing was changed"):
        command.before_up(stack.settings())
    assert time.monotonic() - before < 20, "a preflight that is slow is not run"

    said = " ".join(capsys.readouterr().err.split())
    holder, port = f"{planned.name}-holder", planned.setting("grafana", "port")
    for what in (
        f"STOPS: monitoring:grafana.port is {port}, but the container '{holder}' holds that port",
        "STOPS: monitoring:appNetworks names 'no-such-network'",
        "warning: The memory limits add up to ",
        "warning: The engine does not have 127.0.0.1:1/loki:3 yet.",
        "warning: The engine's disk has ",
        "warning: A container like the collector cannot use the engine's socket /no/such/docker",
    ):
        assert what in said
    found = [finding.what for finding in command.findings(stack.settings())]
    for name, words in (
        ("silent", "The engine keeps no line of "),
        ("small", "The log files of "),
        ("promtail", "may collect the logs of this engine too"),
    ):
        assert any(words in what and f"{planned.name}-{name}" in what for what in found), found
    assert docker.names("container", planned.prefix) == set()
    assert docker.names("volume", planned.prefix) == set()
