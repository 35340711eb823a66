"""How `make reliability` counts: lines on a disk, gaps between samples, a counter's growth."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.reliability import printers, report, seen
from tests.reliability.cases import CASES


def test_lines_are_counted_in_the_engines_files_as_in_loki() -> None:
    line = '{"level":"log","message":"line 17 of the test"}\n'
    entry = json.dumps({"log": line, "stream": "stdout", "time": "2026-11-27T07:00:00Z"})
    assert printers.numbers(line.encode()) == Counter({17: 1})
    assert printers.numbers(f"{entry}\n{entry}\n".encode()) == Counter({17: 2})


@pytest.mark.parametrize(
    ("on_disk", "printed"),
    [
        ([0, 1, 2], 3),
        # The first two were rotated away.
        ([2, 3], 4),
        # It was started again, and printed once more.
        ([0, 1, 2, 10_000_000], 4),
        ([], 0),
    ],
)
def test_a_containers_last_numbers_tell_how_much_it_printed(
    on_disk: list[int], printed: int
) -> None:
    assert printers.printed_of(Counter(on_disk)) == printed


@pytest.mark.parametrize(
    ("values", "growth"), [([5, 5, 9], 4), ([5, 9, 2, 3], 7), ([9], 0), ([], 0)]
)
def test_a_counter_that_begins_again_has_grown_by_what_it_shows(
    values: list[float], growth: float
) -> None:
    assert seen.increase(values) == growth
    assert seen.restarted(values) == (growth == 7)


@pytest.mark.parametrize(("times", "gap"), [([1, 2, 9, 10], 7), ([9, 1, 2], 7), ([1], 0), ([], 0)])
def test_the_longest_gap_lies_between_two_that_follow_each_other(
    times: list[float], gap: float
) -> None:
    assert seen.longest_gap(times) == gap


def test_the_page_has_a_row_for_each_case() -> None:
    page = report.FILE.read_text()
    for case in CASES.values():
        assert f"\n| {case.title.format(outage=180)} | " in page, "run `make reliability`"
