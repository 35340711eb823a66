"""How long `pulumi up` and its like take, beside docker compose and a bare Pulumi program.

`make bench` prints medians of some rounds, in each of which the three take turns with the same
images, files, health checks and limits. The bare program declares the same resources, and neither
checks anything nor waits until the services are ready: its time is Pulumi's and the provider's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bootstrap.paths import BIN
from setup import pulumi_cli
from tests.benchmarks.alternatives import write_bare, write_compose
from tests.engine.environment import ROOT, Environment

COMPOSE, BARE, OURS = "docker compose", "bare program", "this program"
UP, AGAIN, PREVIEW, MAKE, DESTROY = (
    "`up` from nothing",
    "`up`, nothing to do",
    "`preview`, nothing to do",
    "`make preview`",
    "`destroy`",
)
_PULUMI = {
    UP: ("pulumi", "up", "--yes"),
    AGAIN: ("pulumi", "up", "--yes", "--expect-no-changes"),
    PREVIEW: ("pulumi", "preview", "--expect-no-changes"),
    DESTROY: ("pulumi", "destroy", "--yes"),
}


@dataclass(frozen=True)
class Taken:
    """The seconds that a command took, and those that a CPU worked for it and its children.

    What the Docker engine and the containers worked is not in the latter.
    """

    wall: float
    cpu: float


def timed(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Taken:
    """Run a command; raises CalledProcessError, with its output printed, where it fails."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(done.stdout)
        done.check_returncode()
    return Taken(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


Results = dict[tuple[str, str], list[Taken]]


def measure(environment: Environment, folder: Path, compose: Sequence[str], rounds: int) -> Results:
    """Take turns with one stack: one of the three is up at any time."""
    taken: Results = defaultdict(list)
    bare, composed = folder / "bare", folder / "compose"
    composed.mkdir()
    write_compose(environment, composed)
    # `make preview` works on the folder that its own files are in.
    variables = environment.variables()
    for name in ("bootstrap", "commands", "setup", "operate", "review", "lab"):
        shutil.copytree(ROOT / name, environment.project / name)
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, environment.project)
    made = dict(variables, PATH=pulumi_cli.path_without_ours())
    if BIN.exists():
        shutil.copytree(BIN, environment.project / BIN.relative_to(ROOT), symlinks=True)
        # Neither is a download tried that has failed before.
        made["LAB"] = "yes" if (BIN / "pulumi").is_symlink() else "no"
    for number in range(rounds):
        # What promtool has accepted is remembered there: a new machine has nothing.
        new = {**variables, "XDG_CACHE_HOME": str(folder / f"cache-{number}")}
        for step, command in _PULUMI.items():
            if step == DESTROY:
                make = ("make", "preview", f"STACK={environment.name}")
                taken[MAKE, OURS].append(timed(make, environment.project, made))
            whole = (*command, "--stack", environment.name)
            taken[step, OURS].append(timed(whole, environment.project, new))
            if step == UP and not number:
                write_bare(environment, bare)
                timed(("pulumi", "stack", "init", "bare"), bare, variables)
        for step, command in _PULUMI.items():
            taken[step, BARE].append(timed((*command, "--stack", "bare"), bare, variables))
        for step, command in {
            UP: ("up", "--detach", "--wait"),
            AGAIN: ("up", "--detach", "--wait"),
            DESTROY: ("down", "--volumes"),
        }.items():
            taken[step, COMPOSE].append(timed((*compose, *command), composed, {}))
    return taken


def table(taken: Results) -> str:
    """Give the medians, and what this program's are of the others', as a Markdown table."""
    lines = [
        f"| seconds (of a CPU) | {COMPOSE} | {BARE} | {OURS} | of compose | of the bare one |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for step in (UP, AGAIN, PREVIEW, MAKE, DESTROY):
        cells = [step]
        medians = {}
        for way in (COMPOSE, BARE, OURS):
            if found := taken.get((step, way)):
                medians[way] = median(each.wall for each in found)
                cells.append(f"{medians[way]:.1f} ({median(each.cpu for each in found):.1f})")
            else:
                cells.append("")
        cells += [
            f"{medians[OURS] / medians[way]:.2f}" if way in medians else ""
            for way in (COMPOSE, BARE)
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table, with what else the machine did meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compose", nargs="+", default=["docker", "compose"], metavar="WORD")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    images = json.loads((ROOT / ".tools/images.json").read_text())
    with tempfile.TemporaryDirectory() as name:
        environment = Environment(Path(name), images)
        try:
            taken = measure(environment, Path(name), options.compose, options.rounds)
        finally:
            environment.remove()
    print(table(taken))
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"\nload of {os.cpu_count()} CPUs in the last 1, 5 and 15 minutes: {loads}")


if __name__ == "__main__":
    main()
