from __future__ import annotations

import pytest

from bootstrap.progress import CommandError
from operate.loss.result import Loss, Plan, percentiles, ranges


def test_a_plan_is_a_duration_times_a_rate() -> None:
    assert Plan.parse("1m30s", "200") == Plan(rate=200, lines=18_000)


@pytest.mark.parametrize(
    ("length", "rate", "problem"),
    [
        ("60", "100", "must be a duration"),
        ("60s", "many", "must be a duration"),
        ("60s", "0", "must be 1 to 1000000 lines, not 0"),
        ("60s", "-5", "not -300"),
        ("1h", "5000", "not 18000000"),
        ("1ms", "100", "not 0"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_one_sentence(
    length: str, rate: str, problem: str
) -> None:
    with pytest.raises(CommandError, match=problem):
        Plan.parse(length, rate)


def test_the_percentiles_are_times_that_a_line_took() -> None:
    hundred = [number / 100 for number in range(100, 0, -1)]
    assert percentiles(hundred) == {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    assert percentiles([0.25]) == dict.fromkeys(("p50", "p95", "p99", "max"), 0.25)
    assert percentiles([]) == {}


def test_missing_numbers_are_told_as_ranges_and_no_more_than_ten() -> None:
    assert list(ranges([1, 2, 3, 7, 9, 10])) == ["1-3", "7", "9-10"]
    assert list(ranges([])) == []
    assert list(ranges(range(1, 30, 2)))[-2:] == ["19", "and 5 more"]


def test_the_result_says_how_many_there_were_at_each_place_and_how_late() -> None:
    times = {"p50": 0.6, "p95": 1.1, "p99": 1.2, "max": 1.4}
    lost = Loss(100, 6000, None, 5999, ("17",), 1, times, 4.2)
    assert str(lost) == (
        "6000 lines printed (100/s), an unknown number on the engine's disk, 5999 found in Loki,"
        " 1 missing, 1 found twice\n"
        "  from print to found: half within 0.6 s, 95 % 1.1 s, 99 % 1.2 s, all 1.4 s; the container"
        " was found within 4.2 s\n"
        "  missing: 17"
    )
    nothing = Loss(100, 10, 10, 0, ("1-10",), 0, {}, 4.2)
    assert str(nothing).splitlines()[1:] == ["  missing: 1-10"]
