"""Lines that the engine still has arrive; what it rotated away unread is counted and alerted on."""

from __future__ import annotations

import os
import re
import signal
import time

from tests.engine import docker, talker
from tests.engine.environment import Environment
from tests.engine.grafana import Grafana
from tests.engine.waiting import eventually

_LINES = 12_000
_SECONDS = 24
# 350 bytes a line: each container's files are rotated four times.
_PRINT = (
    "n=0; while [ $n -lt {lines} ]; do m=$((n+{each}));"
    " seq $n $((m-1)) | awk '{{ printf \"line %d %0330d\\n\", $1, 0 }}';"
    " n=$m; sleep 0.5; done; {then}"
)
_ROTATED = ("--log-opt", "max-size=1m", "--log-opt", "max-file=10")


def numbers(text: str) -> set[int]:
    """Find the numbered lines."""
    return {int(number) for number in re.findall(r"^line (\d+) 0", text, re.MULTILINE)}


def stored(grafana: Grafana, container: str) -> list[int]:
    """Read all of a container's lines back, in parts that a query may have."""
    return [
        number
        for digit in range(10)
        for line in grafana.lines(f'{{container="{container}"}} |~ `^line [0-9]*{digit} 0`')
        for number in numbers(line.text)
    ]


def test_no_line_is_missing_after_loki_was_away_promtail_killed_and_a_container_ended(
    environment: Environment,
) -> None:
    each = _LINES // (2 * _SECONDS)
    staying, ending = (f"{environment.prefix}-{name}" for name in ("staying", "ending"))
    for name, then in ((staying, "sleep 600"), (ending, "exit")):
        talker.start(name, _PRINT.format(lines=_LINES, each=each, then=then), *_ROTATED)
    grafana = environment.grafana()
    eventually(lambda: stored(grafana, staying), seconds=20, what="the first lines")

    loki, promtail = environment.container("loki"), environment.container("promtail")
    docker.docker("stop", loki)
    lines = eventually(
        lambda: numbers(docker.logs(ending)) >= set(range(_LINES)), seconds=90, what="all printed"
    )
    assert lines
    os.kill(docker.inspect(promtail)["State"]["Pid"], signal.SIGKILL)
    began = time.monotonic()
    docker.docker("restart", promtail)
    assert time.monotonic() - began < 20, "a stop does not wait for Loki"
    docker.docker("start", loki)

    for name in (staying, ending):

        def arrived(name: str = name) -> bool:
            found = stored(grafana, name)
            assert len(found) >= _LINES, f"{len(found)} lines of {name}"
            return sorted(found) == list(range(_LINES))

        eventually(arrived, seconds=120, what=f"each line of {name}, once")


def test_a_container_that_is_gone_before_it_is_found_does_not_count_against_its_successor(
    environment: Environment,
) -> None:
    name, promtail = f"{environment.prefix}-replaced", environment.container("promtail")
    started = docker.inspect(promtail)["State"]["StartedAt"]
    # Containers are found every five seconds.
    for generation in range(4):
        docker.docker("rm", "--force", name, check=False)
        talker.start(name, f"seq 9 | sed 's/^/generation {generation} line /'; sleep 600")
        eventually(lambda: "line 9" in docker.logs(name), seconds=10, what="its lines printed")

    grafana = environment.grafana()
    last = f'{{container="{name}"}} |= `generation 3 line 9`'
    eventually(lambda: grafana.lines(last), seconds=30, what="the successor's lines")
    # Compared is what was the same for six seconds; `metric` asks as of a minute ahead.
    read = f'promtail_custom_lines_read_total{{container="{name}"}}[72s]'
    compared = f"sum(changes({read})) == 0 and on () min(count_over_time({read})) > 10"
    eventually(lambda: grafana.metric(compared) == 0, seconds=60, what="the comparison")

    assert grafana.metric(f'sum(promtail_custom_lines_lost_total{{container="{name}"}})') == 0
    assert docker.inspect(promtail)["State"]["StartedAt"] == started


def test_lines_that_were_rotated_away_unread_are_counted_and_alerted_on(
    environment: Environment,
) -> None:
    name = f"{environment.prefix}-burst"
    burst = _PRINT.replace("sleep 0.5", ":").format(lines=50_000, each=50_000, then="sleep 600")
    talker.start(name, f"echo first; until [ -e /tmp/go ]; do sleep 0.1; done; {burst}", *_ROTATED)
    grafana = environment.grafana()
    eventually(lambda: grafana.lines(f'{{container="{name}"}}'), seconds=20, what="its first line")
    docker.docker("exec", name, "touch", "/tmp/go")  # noqa: S108 - the container's own

    def alerted() -> bool:
        alert = f'ALERTS{{alertname="LinesLost",alertstate="firing",container="{name}"}}'
        return grafana.metric(alert) == 1

    eventually(alerted, seconds=90, what="the alert")

    counted = grafana.metric(f'promtail_custom_lines_lost_total{{container="{name}"}}')
    missing = 50_000 - len(set(stored(grafana, name)))
    print(f"missing: {missing}, counted: {counted}")
    assert 0 < (counted or 0) <= missing
