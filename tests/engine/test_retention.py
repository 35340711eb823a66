"""Retention really deletes: of an old line and a young one, the old one's file goes."""

from __future__ import annotations

import json
import time

import yaml

from tests.engine import docker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.waiting import eventually

DAY_SECONDS = 86_400


def ask_loki(environment: Environment, *arguments: str) -> str:
    """Ask Loki from inside the stack's network."""
    return docker.docker("exec", environment.container("grafana"), "curl", "-fsS", *arguments)


def push(environment: Environment, name: str, seconds_ago: float) -> None:
    """Give Loki a line of the past."""
    stamp = str(int((time.time() - seconds_ago) * 1e9))
    body = {"streams": [{"stream": {"container": name}, "values": [[stamp, "a line"]]}]}
    url = "http://loki:3100/loki/api/v1/push"
    ask_loki(environment, "-H", "Content-Type: application/json", "-d", json.dumps(body), url)


def chunks(environment: Environment) -> int:
    """Count the files in which Loki keeps lines on its volume."""
    mount = f"{environment.prefix}-loki:/loki:ro"
    image = environment.setting("prometheus", "image")
    run = ("run", "--rm", "--user", "0:0", "--volume", mount, "--entrypoint", "sh", image)
    found = docker.docker(*run, "-c", "find /loki/chunks/fake -type f -size +0 2>/dev/null")
    return len(found.splitlines())


def test_the_file_of_a_line_older_than_the_retention_is_deleted_and_a_younger_one_stays(
    make_environment: MakeEnvironment,
) -> None:
    environment = make_environment()
    path = environment.project / "configs/loki/loki.yml"
    content = yaml.safe_load(path.read_text())
    content["compactor"] |= {"compaction_interval": "2s", "retention_delete_delay": "1s"}
    content["limits_config"]["reject_old_samples"] = False
    path.write_text(yaml.safe_dump(content))
    # Nothing else is collected, so that the two lines are all that Loki has.
    logs = {"includeNames": ["no-such-container"]}
    environment.configure(loki={"retention": "24h"}, logs=logs)
    environment.up().succeeded()

    push(environment, "old", 3 * DAY_SECONDS)
    push(environment, "young", 3_600)
    ask_loki(environment, "-X", "POST", "http://loki:3100/flush")
    eventually(lambda: chunks(environment) == 2, seconds=30, what="both lines on the volume")
    # The restart writes their index, by which the compactor finds what is too old.
    docker.docker("restart", environment.container("loki"))
    eventually(lambda: chunks(environment) == 1, seconds=240, what="the old line's file deleted")
    lines = eventually(
        lambda: environment.grafana().lines('{container="young"}', seconds=DAY_SECONDS),
        seconds=30,
        what="the young line",
    )
    assert [line.text for line in lines] == ["a line"]
