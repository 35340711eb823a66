"""One case, measured: what the engine kept, what was found, and what was missed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bootstrap.progress import note
from operate.grafana_api import DIRECTLY
from tests.engine.waiting import eventually
from tests.reliability import printers, seen
from tests.reliability.cases import Case
from tests.reliability.printers import Printers, printed_of
from tests.reliability.stage import JOB, Stage, now

_SECONDS_BEFORE, _SECONDS_AFTER = 5, 10
_GIVEN_UP_SECONDS = 120
"""How long Loki may bring nothing new before what is missing counts as missing."""
_START_SECONDS = 10
"""What Prometheus may take from being ready to a target's first sample: it begins to scrape 5 s
after its start, and asks each second."""


@dataclass
class Row:
    """What a case showed; times in seconds."""

    title: str
    printed: int = 0
    kept: int = 0
    missing: int = 0
    unread: int = 0
    counted: int = 0
    sent_twice: str = ""
    found_twice: int = 0
    gap: float = 0
    silent: float = 0
    caught_up: float = 0

    @property
    def faults(self) -> list[str]:
        """What breaks the promise."""
        found = [f"{self.missing:,} lines are missing"] if self.missing else []
        if self.gap > self.silent + _START_SECONDS:
            found.append(f"no samples for {self.gap:.1f} s")
        return found


@dataclass
class Answers:
    """When Prometheus answered."""

    times: list[float] = field(default_factory=list)


def measure(stage: Stage, name: str, case: Case) -> Row:
    """Let it happen while lines are printed; return what was found afterwards."""
    row = Row(case.title.format(outage=stage.outage))
    begin = now()
    lines = printers.start(stage.host, name, stage.rate, case.files)
    for each in lines.names:
        _wait_for(stage, each, begin)
    with _answers(stage.prometheus_url) as answers:
        stage.print_on(lines, _SECONDS_BEFORE)
        note(f"{row.title}: it happens")
        case.happen(stage, lines)
        stage.healthy()
        stage.print_on(lines, _SECONDS_AFTER)
        lines.stop()
        stopped = now()
    row.silent = seen.longest_gap(answers.times)
    kept = [lines.on_disk(each) for each in lines.names]
    row.printed, row.kept = sum(map(printed_of, kept)), sum(map(len, kept))
    note(f"{row.title}: {row.printed:,} lines printed, {row.kept:,} kept by the engine")
    found, row.caught_up = _all_found(stage, lines, kept, begin, stopped)
    row.missing = _missing(kept, found)
    row.unread = row.printed - row.missing - sum(map(len, found))
    row.found_twice = sum(each.total() - len(each) for each in found)
    _ask_prometheus(stage, row, lines, begin, sum(map(len, found)))
    lines.remove()
    return row


def _wait_for(stage: Stage, container: str, begin: float) -> None:
    def is_there() -> bool:
        return seen.last_line(stage.grafana, container, begin, now()) is not None

    eventually(is_there, seconds=60, what=f"the first line of {container}")


def _missing(kept: list[Counter[int]], found: list[Counter[int]]) -> int:
    return sum(len(k.keys() - f.keys()) for k, f in zip(kept, found, strict=True))


def _all_found(
    stage: Stage, lines: Printers, kept: list[Counter[int]], begin: float, stopped: float
) -> tuple[list[Counter[int]], float]:
    """Read until nothing is missing, or nothing new comes; return it, and the seconds it took."""
    newest = {name: max(counts) for name, counts in zip(lines.names, kept, strict=True)}
    missing, changed = -1, now()
    while True:
        waiting = [
            name
            for name, last in newest.items()
            if seen.last_line(stage.grafana, name, begin, now()) != last
        ]
        asked = now()
        if not waiting or asked - changed > _GIVEN_UP_SECONDS:
            found = seen.lines(stage.grafana, lines.names, begin, asked)
            before, missing = missing, _missing(kept, found)
            if not missing or (missing == before and asked - changed > _GIVEN_UP_SECONDS):
                return found, asked - stopped
            note(f"{missing:,} lines are not there yet")
            if missing != before:
                changed = asked
        time.sleep(0.5)


def _ask_prometheus(stage: Stage, row: Row, lines: Printers, begin: float, found: int) -> None:
    """Fill in the samples of the application, and what was counted of the lines."""
    scraped = 'timestamp(up{job="promtail"})'
    after = now()
    eventually(lambda: (stage.grafana.metric(scraped) or 0) > after, seconds=60, what="a scrape")
    # From before the first line was printed.
    window = (begin - 3, now())
    [up] = seen.samples(stage.grafana, f'up{{job="{JOB}"}}', *window)
    row.gap = seen.longest_gap([at for at, _ in up])
    chosen = f'{{container=~"{"|".join(lines.names)}"}}'
    lost = seen.samples(stage.grafana, f"promtail_custom_lines_lost_total{chosen}", *window)
    row.counted = int(sum(seen.increase([0, *(value for _, value in each)]) for each in lost))
    row.sent_twice = _sent_twice(stage, found, window)


def _sent_twice(stage: Stage, found: int, window: tuple[float, float]) -> str:
    """Return what arrived more often than once, by a counter that lived through all of it."""
    least = 0
    for metric in ("loki_distributor_lines_received_total", "promtail_sent_entries_total"):
        series = seen.samples(stage.grafana, metric, *window)
        # A counter is there from its first line on.
        values = [
            [*([0.0] if each[0][0] > window[0] + 2 else []), *(value for _, value in each)]
            for each in series
        ]
        count = int(sum(map(seen.increase, values))) - found
        if len(values) == 1 and not seen.restarted(values[0]):
            return f"{count:,}"
        least = max(least, count)
    return f"≥ {least:,}"


@contextmanager
def _answers(url: str) -> Iterator[Answers]:
    """Ask Prometheus all the time whether it is ready."""
    answers, over = Answers(), threading.Event()

    def ask() -> None:
        while not over.wait(0.1):
            try:
                with DIRECTLY.open(f"{url}/-/ready", timeout=1):
                    answers.times.append(now())
            except OSError:
                continue

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()
