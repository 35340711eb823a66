"""What was changed by hand is found, named, and fixed by the command that the report gives."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.engine import docker, workflow
from tests.engine.environment import SERVICES, Environment


def _disconnect(environment: Environment, service: str) -> None:
    network, container = environment.network("internal"), environment.container(service)
    docker.docker("network", "disconnect", "--force", network, container)


def _change_each_service(environment: Environment) -> None:
    """Each in another way: several at once, since every look and every `up` takes its time."""
    _disconnect(environment, "prometheus")
    docker.docker("stop", environment.container("loki"))
    docker.docker("rm", "--force", environment.container("promtail"))
    docker.docker("volume", "rm", environment.container("promtail"))
    limit = ("--memory", "300m", "--memory-swap", "300m")
    docker.docker("update", *limit, environment.container("grafana"))


def _remove_network(environment: Environment) -> None:
    for service in SERVICES:
        _disconnect(environment, service)
    docker.docker("network", "rm", environment.network("internal"))


@dataclass(frozen=True)
class Hand:
    """What somebody did by hand, and the sentences that name it; `{}` is the prefix of names."""

    does: Callable[[Environment], None]
    named: tuple[str, ...]


HANDS = {
    "each service in another way": Hand(
        _change_each_service,
        (
            "**Prometheus** (`{}-prometheus`) is not connected to the network `{}-internal`.",
            "**Loki** (`{}-loki`) is stopped.",
            "The container `{}-promtail` is gone.",
            "The volume `{}-promtail` is gone, with how far Promtail has read each log.",
            "**Grafana** (`{}-grafana`): memory limit `300 MiB` instead of `512 MiB`.",
        ),
    ),
    "the network removed": Hand(
        _remove_network,
        (
            "The network `{}-internal` is gone.",
            "**Prometheus** (`{}-prometheus`) is not connected to the network `{}-internal`.",
            "**Loki** (`{}-loki`) is not connected to the network `{}-internal`.",
            "**Promtail** (`{}-promtail`) is not connected to the network `{}-internal`.",
            "**Grafana** (`{}-grafana`) is not connected to the network `{}-internal`.",
        ),
    ),
}


@pytest.mark.parametrize("what", HANDS)
def test_drift_is_named_and_fixed_by_the_command_in_the_report(
    what: str, environment: Environment
) -> None:
    hand = HANDS[what]
    hand.does(environment)
    said = workflow.drift(environment)
    named = [line.replace("{}", environment.prefix) for line in hand.named]
    assert [line for line in named if f"- {line}" not in said.text] == [], said.text
    assert said.code == 2
    _fix(environment, said.text)
    fixed = workflow.drift(environment)
    assert f"### {environment.name}: no drift" in fixed.text
    assert fixed.code == 0


def _fix(environment: Environment, report: str) -> None:
    """Run the command of the report in a shell, as a person who copies it."""
    block = re.search(r"```sh\n(pulumi up --refresh.*?)\n```", report, re.DOTALL)
    assert block, report
    done = subprocess.run(
        ["sh", "-c", f"{block[1]} --yes --non-interactive"],
        cwd=environment.project,
        env=environment.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for service in SERVICES:
        state = docker.inspect(environment.container(service))
        assert state["State"]["Running"]
        assert environment.network("internal") in state["NetworkSettings"]["Networks"]


def test_a_change_of_the_settings_that_nobody_deployed_is_told_as_such(
    environment: Environment,
) -> None:
    environment.configure(loki={"retention": "48h"})
    said = workflow.drift(environment)
    assert "The code differs from what was deployed" in said.text
    assert "Loki and Promtail are replaced" in said.text
    assert said.code == 2


def test_where_it_cannot_be_looked_for_the_report_says_why(environment: Environment) -> None:
    environment.configure(loki={"retention": "1h"})
    said = workflow.drift(environment)
    assert f"### {environment.name}: drift could not be looked for" in said.text
    assert "at least 24h (Loki's own minimum)" in said.text
    assert said.code == 1
