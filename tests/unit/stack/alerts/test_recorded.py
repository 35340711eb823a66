"""The rules' tests feed series as the real programs export them.

`tests/rules/recorded/<job>.txt` has lines of `/metrics`, taken from each program once: of the
metrics that the tests use, a few of each set of labels.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
import yaml

from bootstrap.paths import ROOT

FOLDER = ROOT / "tests" / "rules"
JOBS = sorted(path.stem for path in (FOLDER / "recorded").glob("*.txt"))
# Prometheus' own, and those of an exporter that only some have.
OTHERS = {"up", "node_timex_maxerror_seconds", "node_timex_sync_status"}
Series = tuple[str, frozenset[str]]


def parsed(series: str) -> tuple[str, dict[str, str]]:
    name, _, labels = series.partition("{")
    return name, dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))


def recorded() -> dict[str, set[Series]]:
    found: dict[str, set[Series]] = defaultdict(set)
    for job in JOBS:
        for line in (FOLDER / "recorded" / f"{job}.txt").read_text().splitlines():
            name, labels = parsed(line.rpartition(" ")[0])
            found[job].add((name, frozenset(labels)))
    return found


def fed() -> Iterator[str]:
    for path in FOLDER.glob("*.yml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            yield from (each["series"] for each in test["input_series"])


@pytest.mark.parametrize("series", sorted(set(fed())))
def test_a_series_of_a_rules_test_is_one_that_the_program_exports(series: str) -> None:
    name, labels = parsed(series)
    job = labels.pop("job")
    for label in ("instance", "part_of"):
        labels.pop(label, None)
    known = recorded()
    # A job of another name is any program.
    candidates = known[job] if job in known else set().union(*known.values())
    assert name in OTHERS or (name, frozenset(labels)) in candidates
