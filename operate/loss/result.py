"""What is measured, and what became of it: lines that were printed and lines that were found."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from bootstrap.progress import CommandError
from stack.settings.values import Duration

_MOST_LINES = 1_000_000
_PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
_SHOWN_RANGES = 10


@dataclass(frozen=True)
class Plan:
    """How many lines are printed in a second, and how many in all."""

    rate: int
    lines: int

    @classmethod
    def parse(cls, length: str, rate: str) -> Plan:
        """Read a duration such as `60s`, and lines per second. Raises `CommandError`."""
        try:
            per_second = int(rate)
            lines = round(per_second * Duration.parse(length).seconds)
        except ValueError as error:
            text = f"--loss {length} --rate {rate}: must be a duration and lines per second"
            raise CommandError(f"{text}, as in --loss 60s --rate 100") from error
        if not 1 <= lines <= _MOST_LINES or per_second < 1:
            text = f"--loss {length} --rate {rate}: must be 1 to {_MOST_LINES} lines"
            raise CommandError(f"{text}, not {lines}")
        return cls(per_second, lines)


@dataclass(frozen=True)
class Loss:
    """What became of the lines.

    Attributes:
        printed: by the program.
        on_disk: of these, what the engine kept; None where its log driver does not tell.
        found: of these, what Loki has.
        missing: the numbers that Loki has not, as ranges; no more than the first ten.
        twice: how many it has more than once.
        seconds: from print to found: what 50, 95, 99 and 100 % of those found took at most.
        container_seconds: until the container's first line was found.
    """

    rate: int
    printed: int
    on_disk: int | None
    found: int
    missing: tuple[str, ...]
    twice: int
    seconds: dict[str, float]
    container_seconds: float

    def __str__(self) -> str:
        kept = "an unknown number" if self.on_disk is None else self.on_disk
        text = (
            f"{self.printed} lines printed ({self.rate}/s), {kept} on the engine's disk,"
            f" {self.found} found in Loki, {self.printed - self.found} missing,"
            f" {self.twice} found twice"
        )
        if times := self.seconds:
            text += (
                f"\n  from print to found: half within {times['p50']} s, 95 % {times['p95']} s,"
                f" 99 % {times['p99']} s, all {times['max']} s; the container was found within"
                f" {self.container_seconds} s"
            )
        return f"{text}\n  missing: {', '.join(self.missing)}" if self.missing else text


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """Return by name what these shares of the values are at most; nothing where there is none."""
    ordered = sorted(values)
    return {
        name: round(ordered[math.ceil(share * len(ordered)) - 1], 2)
        for name, share in _PERCENTILES.items()
        if ordered
    }


def ranges(numbers: Iterable[int]) -> Iterator[str]:
    """Write ascending numbers as ranges, `3` or `5-9`; of those beyond ten only how many."""
    found = [
        [number for _, number in group]
        for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    ]
    for each in found[:_SHOWN_RANGES]:
        yield str(each[0]) if len(each) == 1 else f"{each[0]}-{each[-1]}"
    if len(found) > _SHOWN_RANGES:
        yield f"and {len(found) - _SHOWN_RANGES} more"
