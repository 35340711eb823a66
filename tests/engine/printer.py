"""A container that prints numbered lines, all of which Loki must have."""

from __future__ import annotations

from dataclasses import dataclass

from tests.engine import docker, talker
from tests.engine.environment import Environment
from tests.engine.waiting import eventually


@dataclass(frozen=True)
class Printer:
    """It prints twenty lines a second, from 1 on, for as long as its environment is there."""

    environment: Environment

    @property
    def name(self) -> str:
        """The container's name."""
        return f"{self.environment.prefix}-printer"

    def start(self) -> None:
        """Start it, and wait until Loki has lines of it."""
        talker.start(self.name, "i=0; while :; do i=$((i+1)); echo number $i; sleep 0.05; done")
        eventually(self.numbers, seconds=20, what="its lines")

    def numbers(self) -> list[int]:
        """Return the numbers of its lines in Loki, sorted."""
        lines = self.environment.grafana().lines(f'{{container="{self.name}"}}')
        return sorted(int(line.text.split()[1]) for line in lines)

    def gaps(self) -> set[int]:
        """Return the numbers that are missing, once all that are printed now have arrived."""
        newest = int(docker.docker("logs", "--tail", "1", self.name).split()[1])
        eventually(lambda: self.numbers()[-1] >= newest, seconds=60, what=f"line {newest}")
        found = self.numbers()
        assert len(found) < 5_000, "more than a query gives"
        return set(range(1, newest + 1)) - set(found)
