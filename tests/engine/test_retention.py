"""Retention really deletes: what is too old, and what has no room in Loki's part of the disk."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time

import pytest
import yaml

from tests.engine import docker, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.waiting import eventually

DAY_SECONDS = 86_400
_HOURS = range(1, 21)
_LINES = 90
_PART_MEBIBYTES = 256
_FILLED_MEBIBYTES = 108


@pytest.fixture(scope="module")
def environment(make_environment: MakeEnvironment) -> Environment:
    """Make an environment whose Loki deletes at once, has a limit by size, and nothing to read."""
    made = make_environment()
    path = made.project / "configs/loki/loki.yml"
    content = yaml.safe_load(path.read_text())
    content["compactor"] |= {"compaction_interval": "2s", "retention_delete_delay": "1s"}
    content["limits_config"]["reject_old_samples"] = False
    path.write_text(yaml.safe_dump(content))
    # Nothing else is collected, so that the lines pushed here are all that Loki has.
    made.configure(
        loki={"retention": "24h", "retentionSize": f"{_PART_MEBIBYTES}MB"},
        logs={"includeNames": ["no-such-container"]},
        alerts={"evaluationInterval": "10s", "pendingFactor": 0},
    )
    made.up().succeeded()
    return made


def ask_loki(environment: Environment, *arguments: str) -> str:
    """Ask Loki from inside the stack's network."""
    return docker.docker("exec", environment.container("grafana"), "curl", "-fsS", *arguments)


def push(environment: Environment, name: str, seconds_ago: float, *lines: str) -> None:
    """Give Loki lines of the past."""
    first = int((time.time() - seconds_ago) * 1e9)
    values = [[str(first + number), line] for number, line in enumerate(lines)]
    body = {"streams": [{"stream": {"container": name}, "values": values}]}
    curl = ("curl", "-fsS", "-H", "Content-Type: application/json", "--data-binary", "@-")
    inside = ("docker", "exec", "--interactive", environment.container("grafana"), *curl)
    url = "http://loki:3100/loki/api/v1/push"
    subprocess.run([*inside, url], input=json.dumps(body).encode(), check=True)


def chunks(environment: Environment) -> int:
    """Count the files in which Loki keeps lines on its volume."""
    mount = f"{environment.prefix}-loki:/loki:ro"
    image = environment.setting("prometheus", "image")
    run = ("run", "--rm", "--user", "0:0", "--volume", mount, "--entrypoint", "sh", image)
    found = docker.docker(*run, "-c", "find /loki/chunks/fake -type f -size +0 2>/dev/null")
    return len(found.splitlines())


def test_the_file_of_a_line_older_than_the_retention_is_deleted_and_a_younger_one_stays(
    environment: Environment,
) -> None:
    push(environment, "old", 3 * DAY_SECONDS, "a line")
    push(environment, "young", 3_600, "a line")
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


def in_lokis_volume(environment: Environment, script: str) -> str:
    """Run a shell script in Loki's volume, and return what it prints."""
    volume = ("--volume", f"{environment.container('loki')}:/loki", "--workdir", "/loki")
    shell = ("--user", "10001:10001", "--entrypoint", "sh", talker.image(), "-c", script)
    return docker.docker("run", "--rm", *volume, *shell)


def test_of_lines_that_have_no_room_in_lokis_part_the_oldest_go_and_the_younger_stay(
    environment: Environment,
) -> None:
    curator = environment.container("curator")
    # It sees all of it at its first look, and with it 120 MB of Loki's write-ahead log at most.
    docker.docker("stop", curator)
    in_lokis_volume(environment, f"dd if=/dev/zero of=fill bs=1M count={_FILLED_MEBIBYTES}")
    for hour in _HOURS:
        # 6 MB in each hour, in parts that Loki takes at once; they shrink to 4.5.
        for _ in range(3):
            lines = [base64.b64encode(os.urandom(16_000)).decode() for _ in range(_LINES)]
            push(environment, f"hour-{hour}", hour * 3_600, *lines)
        ask_loki(environment, "-X", "POST", "http://loki:3100/flush")
    docker.docker("restart", environment.container("loki"))
    assert chunks(environment) > len(_HOURS)
    docker.docker("start", curator)

    def hours() -> list[int]:
        # From the chunks' names, from:through:checksum: here a query's index names what is gone.
        names = in_lokis_volume(
            environment, "for f in chunks/fake/*/*; do basename $f | base64 -d; echo; done"
        )
        ends = [int(name.split(":")[1], 16) / 1_000 for name in names.split()]
        return sorted({round((time.time() - end) / 3_600) for end in ends})

    eventually(lambda: max(hours()) < max(_HOURS), seconds=90, what="the oldest hour deleted")
    eventually(
        lambda: int(in_lokis_volume(environment, "du -sm .").split()[0]) < _PART_MEBIBYTES,
        seconds=60,
        what="Loki within its part",
    )
    kept = hours()
    assert [hour for hour in kept if hour] == list(range(1, max(kept) + 1))
    assert max(kept) >= len(_HOURS) // 5
    alert = 'ALERTS{alertname="LokiRetentionShortened",alertstate="firing"}'
    eventually(lambda: environment.grafana().metric(alert) == 1, seconds=60, what="the alert")
