"""Which lines are lost, and which are sent twice, when Loki or Promtail is away meanwhile.

`python -m tests.benchmarks.lost_lines [case…]` prints a row for each case. Containers print
numbered lines of 350 bytes; afterwards the numbers that the engine still has on its disk are
compared with those in Loki. It needs the images of the engine tests, and a Linux host, since it
reaches the containers by their addresses. All cases take about 20 minutes.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stack.services import promtail
from stack.settings import loading
from tests.benchmarks.log_pipeline import PREFIX, answer, loki
from tests.engine import docker
from tests.engine.environment import ROOT
from tests.engine.waiting import eventually

_LOKI = f"{PREFIX}-loki"
_PROMTAIL = f"{PREFIX}-promtail"
_ROTATED = ("--log-opt", "max-size=1m", "--log-opt", "max-file=10")
# What each Promtail that is gone had sent; a new one counts from zero.
_SENT: list[int] = []
_LARGE = ("--log-opt", "max-size=10m", "--log-opt", "max-file=3")
_LARGER = ("--log-opt", "max-size=50m", "--log-opt", "max-file=3")


def printing(lines: int, seconds: int, then: str = "exec sleep 3600") -> str:
    """Return a shell script that prints numbered lines, evenly over `seconds`, twice a second.

    In no time at all: after Promtail has begun to read.
    """
    each = lines // max(1, 2 * seconds)
    before, pause = ("", "sleep 0.5") if seconds else ("echo first; sleep 15", ":")
    return (
        f"{before}\nn=0; while [ $n -lt {lines} ]; do"
        f" m=$((n+{each})); [ $m -le {lines} ] || m={lines};"
        " seq $n $((m-1)) | awk '{ printf \"line %d %0330d\\n\", $1, 0 }';"
        f" n=$m; {pause}; done; {then}"
    )


@dataclass(frozen=True)
class Case:
    """Containers that print, and what happens to the collector meanwhile."""

    lines: int
    seconds: int
    during: Callable[[], None] = lambda: None
    containers: int = 1
    one_ends: bool = False
    options: tuple[str, ...] = _ROTATED


def outage(seconds: float, meanwhile: Callable[[], None] = lambda: None) -> Callable[[], None]:
    """Stop Loki for some seconds; in their middle something else may happen."""

    def during() -> None:
        time.sleep(5)
        docker.docker("stop", _LOKI)
        time.sleep(seconds / 2)
        meanwhile()
        time.sleep(seconds / 2)
        docker.docker("start", _LOKI)

    return during


def kill_promtail() -> None:
    """Kill it as the kernel does; `restart` brings it back."""
    _SENT.append(sent())
    os.kill(docker.inspect(_PROMTAIL)["State"]["Pid"], signal.SIGKILL)


def stop_promtail() -> None:
    """Stop and start it, five seconds later."""
    _SENT.append(sent())
    begin = time.monotonic()
    docker.docker("stop", "--time", "30", _PROMTAIL)
    print(f"(Promtail stopped within {time.monotonic() - begin:.1f} s)", file=sys.stderr)
    time.sleep(5)
    docker.docker("start", _PROMTAIL)


def both_restart(how: Callable[[], None]) -> Callable[[], None]:
    """Return what ends Promtail while Loki is there."""

    def during() -> None:
        time.sleep(10)
        how()

    return during


CASES = {
    "Loki away for 30 s": Case(20_000, 40, outage(30)),
    "Loki away for 3 minutes, 5 containers, one ends": Case(
        20_000, 190, outage(180), containers=5, one_ends=True
    ),
    "… and Promtail killed meanwhile": Case(
        20_000, 190, outage(180, kill_promtail), containers=5, one_ends=True
    ),
    "… and Promtail stopped and started": Case(
        20_000, 190, outage(180, stop_promtail), containers=5, one_ends=True
    ),
    "Promtail killed, Loki there": Case(20_000, 40, both_restart(kill_promtail)),
    "Promtail stopped and started, Loki there": Case(20_000, 40, both_restart(stop_promtail)),
    "1,000 lines/s for 5 minutes, files of 50 MB": Case(300_000, 300, options=_LARGER),
    "50,000 lines at once, files of 1 MB": Case(50_000, 0),
    "50,000 lines at once, files of 10 MB": Case(50_000, 0, options=_LARGE),
    "50,000 lines at once, files of 50 MB": Case(50_000, 0, options=_LARGER),
}


def numbers(text: str) -> Counter[int]:
    """Count the numbered lines."""
    return Counter(int(number) for number in re.findall(r"^line (\d+) 0", text, re.MULTILINE))


def stored(address: str, container: str) -> Counter[int]:
    """Read all of a container's lines back from Loki."""
    found: Counter[int] = Counter()
    start = 0
    while True:
        query = urllib.parse.urlencode(
            {
                "query": f'{{container="{container}"}}',
                "direction": "forward",
                "limit": 5_000,
                "start": start or time.time_ns() - 3_600 * 10**9,
                "end": time.time_ns(),
            }
        )
        data = json.loads(answer(f"http://{address}:3100/loki/api/v1/query_range?{query}"))
        values = [value for stream in data["data"]["result"] for value in stream["values"]]
        if not values:
            return found
        found += numbers("\n".join(text for _, text in values))
        start = max(int(stamp) for stamp, _ in values) + 1


def address(container: str) -> str:
    """Return a container's address; it may change with each start."""
    return str(docker.inspect(container)["NetworkSettings"]["Networks"][PREFIX]["IPAddress"])


def total(url: str, metric: str) -> int:
    """Return the sum of a metric over its labels."""
    counts = re.findall(rf"^{metric}\S* (\S+)$", answer(f"http://{url}/metrics"), re.MULTILINE)
    return int(sum(map(float, counts)))


def sent() -> int:
    """Return how many entries Loki took from the two Promtails since their start."""
    where, metric = address(_PROMTAIL), "promtail_sent_entries_total"
    try:
        of_ended = total(f"{where}:9081", metric)
    except OSError:
        of_ended = 0
    return total(f"{where}:9080", metric) + of_ended


def received() -> int:
    """Give how many lines were pushed to Loki since its last start."""
    return total(f"{address(_LOKI)}:3100", "loki_distributor_lines_received_total")


def start_promtail(image: str, folder: Path) -> None:
    """Run Promtail as the stack does, on the containers of this benchmark only."""
    values = {
        "grafanaAdminPassword": "correct horse",
        "dockerRoot": docker.docker("info", "--format", "{{.DockerRootDir}}"),
        "logs": {"includeNames": [f"{PREFIX}-lines.*"]},
    }
    settings = loading.parse("b", values, is_secret=lambda _key: True)
    service = promtail.describe(settings)
    for file in service.files:
        folder.joinpath(Path(file.path).name).write_text(file.content)
    mounts = [f"--volume={bind.host_path}:{bind.path}:ro" for bind in service.binds]
    docker.docker(
        *("run", "--detach", "--name", _PROMTAIL, "--network", PREFIX, "--user", service.user),
        *("--restart", "unless-stopped", "--memory", f"{service.memory.mebibytes}m"),
        *(f"--env={name}={value}" for name, value in service.environment.items()),
        *("--volume", f"{folder}:/etc/promtail:ro", "--volume", service.volume, *mounts),
        *("--cap-drop=ALL", "--security-opt=no-new-privileges:true"),
        *("--entrypoint", service.entrypoint[0], image, *service.entrypoint[1:]),
        *service.command,
    )
    ready = f"http://{address(_PROMTAIL)}:9080/ready"
    eventually(lambda: answer(ready), seconds=60, what="Promtail")


def measure(case: Case, images: dict[str, str]) -> str:
    """Run a case, and return its row."""
    names = [f"{PREFIX}-lines-{i}" for i in range(case.containers)]
    _SENT[:] = [-sent()]
    started, before = docker.inspect(_LOKI)["State"]["StartedAt"], received()
    for i, name in enumerate(names):
        ends = case.one_ends and i == 0
        seconds = case.seconds // 2 if ends else case.seconds
        script = printing(case.lines, seconds, "exit" if ends else "exec sleep 3600")
        docker.docker(
            *("run", "--detach", "--name", name, *case.options, "--entrypoint", "sh"),
            *(images["prometheus"], "-c", script),
        )
    case.during()
    for name in names:
        eventually(lambda: _last(name, case.lines), seconds=600, what="the last line printed")  # noqa: B023 - looked at here
    where = address(_LOKI)
    eventually(lambda: answer(f"http://{where}:3100/ready"), seconds=60, what="Loki")
    _settle()
    # A Loki that was stopped has forgotten what it received.
    there_still = docker.inspect(_LOKI)["State"]["StartedAt"] == started
    pushed = received() - before if there_still else sum(_SENT) + sent()
    on_disk = missing = twice = there = 0
    for name in names:
        disk, found = numbers(docker.docker("logs", name)), stored(where, name)
        on_disk += len(disk)
        missing += len(disk - found)
        there += len(found)
        twice += sum(found.values()) - len(found)
        docker.docker("rm", "--force", name)
    printed = case.lines * case.containers
    lost = total(f"{address(_PROMTAIL)}:9080", "promtail_custom_lines_lost_total")
    return f"{printed:,} | {on_disk:,} | {missing:,} | {lost:,} | {pushed - there:,} | {twice:,}"


def _last(name: str, lines: int) -> bool:
    return f"line {lines - 1} 0" in docker.docker("logs", "--tail", "1", name)


def _settle() -> None:
    """Wait until half a minute has brought Loki nothing: Promtail may start again."""
    before, quiet = -1, 0
    while quiet < 30:
        time.sleep(1)
        now = received()
        quiet = quiet + 1 if now == before else 0
        before = now


def main() -> None:
    """Print the table of docs/logs.md."""
    chosen = sys.argv[1:] or list(CASES)
    images = json.loads((ROOT / ".tools/images.json").read_text())
    print(
        "| case | printed | on disk | missing of these | counted as lost | sent twice"
        " | found twice |\n| --- | --- | --- | --- | --- | --- | --- |"
    )
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder, loki(images["loki"]):
            start_promtail(images["promtail"], Path(folder))
            print(f"| {name} | {measure(CASES[name], images)} |", flush=True)


if __name__ == "__main__":
    main()
