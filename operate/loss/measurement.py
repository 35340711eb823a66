"""Prints numbered lines on a stack's engine, and reads all of them back from its Loki."""

from __future__ import annotations

import re
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field

from bootstrap.progress import CommandError, note, step
from operate.backup import ended_by_signals
from operate.evidence import UNAUTHORIZED, MissingError, get
from operate.grafana_api import Grafana, GrafanaError
from operate.loss.printer import Printer, printing
from operate.loss.result import Loss, Plan, percentiles, ranges
from operate.running_stack import RunningStack

_PAGE = 5_000
"""Loki's limit for one answer, max_entries_limit_per_query in loki.yml."""
_PAUSE_SECONDS = 0.2
_TELL_SECONDS = 5.0
_FIRST_SECONDS = 60
# A line that has not come when there was none for so long is lost: Promtail tries every 10 s.
_PATIENCE_SECONDS = 60
_LINE = re.compile(r"\S+ (\d+) (\d+\.\d+)")


@dataclass
class _Lines:
    """The lines that Loki has: by number, the times under which it has each, and how late it was.

    `ahead` is by how many seconds the clock of the Docker host is ahead of this machine's.
    """

    grafana: Grafana
    printer: Printer
    ahead: float
    stamps: dict[int, set[int]] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    newest: int = 0

    def read(self, *, everything: bool = False) -> bool:
        """Read what is new, or all once more; return whether there was a new one."""
        before, start = len(self.stamps), 0 if everything else self.newest
        while True:
            entries = list(self._page(start))
            now = time.time() + self.ahead
            for stamp, line in entries:
                self.newest = max(self.newest, stamp)
                if match := _LINE.fullmatch(line):
                    number = int(match[1])
                    self.stamps.setdefault(number, set()).add(stamp)
                    self.seconds.setdefault(number, max(0.0, now - float(match[2])))
            if len(entries) < _PAGE:
                return len(self.stamps) > before
            start = max(stamp for stamp, _ in entries)

    def _page(self, start: int) -> Iterator[tuple[int, str]]:
        """Ask for the oldest lines from a time on, in nanoseconds since 1970; 0 is an hour ago."""
        hour = 3_600 * 10**9
        now = time.time_ns()
        query = urllib.parse.urlencode(
            {
                "query": f'{{container="{self.printer.name}"}} |= "{self.printer.word} "',
                "start": start or now - hour,
                "end": now + hour,
                "limit": _PAGE,
                "direction": "forward",
            }
        )
        path = f"/api/datasources/proxy/uid/loki/loki/api/v1/query_range?{query}"
        for stream in self.grafana.ask(path)["data"]["result"]:
            yield from ((int(stamp), line) for stamp, line, *_ in stream["values"])


def measure(reached: RunningStack, prefix: str, plan: Plan) -> Loss:
    """Print lines on a stack's engine, and read them back from its Loki. Raises `CommandError`.

    `prefix` is what the names of its containers begin with.
    """
    grafana = Grafana(reached.grafana_url, reached.password)
    ahead = _clock_ahead(reached.prometheus_url)
    with (
        step("Loss of lines") as this,
        ended_by_signals(),
        printing(reached.host, prefix, plan.lines, plan.rate) as printer,
    ):
        lines = _Lines(grafana, printer, ahead)
        note(f"{printer.name} prints {plan.lines} lines, {plan.rate} in a second")
        _await_first(lines)
        printer.begin()
        _follow(lines, plan)
        printed, on_disk = printer.printed(_PATIENCE_SECONDS), printer.on_disk()
        _read(lines, everything=True)
        this.outcome = "measured"
    found = {n: stamps for n, stamps in lines.stamps.items() if 1 <= n <= printed}
    return Loss(
        rate=plan.rate,
        printed=printed,
        on_disk=on_disk,
        found=len(found),
        missing=tuple(ranges(n for n in range(1, printed + 1) if n not in found)),
        twice=sum(len(stamps) > 1 for stamps in found.values()),
        seconds=percentiles([lines.seconds[number] for number in found]),
        container_seconds=round(lines.seconds[0], 2),
    )


def _clock_ahead(prometheus: str) -> float:
    """Return by how many seconds the Docker host's clock is ahead, as Prometheus tells it there."""
    tries = []
    for _ in range(5):
        asked = time.time()
        try:
            theirs = float(get(f"{prometheus}/api/v1/query?query=time()")["result"][1])
        except MissingError as error:
            raise CommandError(f"Prometheus does not tell the time: {error}") from error
        answered = time.time()
        tries.append((answered - asked, theirs - (asked + answered) / 2))
    return min(tries)[1]


def _await_first(lines: _Lines) -> None:
    deadline = time.monotonic() + _FIRST_SECONDS
    while 0 not in lines.stamps:
        _read(lines)
        if time.monotonic() > deadline:
            raise CommandError(
                f"no line of {lines.printer.name} is in Loki after {_FIRST_SECONDS} s: run"
                " `make verify`, and see docs/runbooks/CollectorReadsNothing.md"
            )
        time.sleep(_PAUSE_SECONDS)


def _follow(lines: _Lines, plan: Plan) -> None:
    """Read until all lines are there, or none has come for a minute."""
    began = told = news = time.monotonic()
    # With number 0 there is one more.
    while len(lines.stamps) <= plan.lines:
        if _read(lines):
            news = time.monotonic()
        now = time.monotonic()
        if now - max(news, began + plan.lines / plan.rate) > _PATIENCE_SECONDS:
            return
        if now - told > _TELL_SECONDS:
            told = now
            note(f"{len(lines.stamps) - 1} of {plan.lines} lines found after {now - began:.0f} s")
        time.sleep(_PAUSE_SECONDS)


def _read(lines: _Lines, *, everything: bool = False) -> bool:
    """Read as `_Lines.read` does; a Loki that does not answer may do so soon."""
    try:
        return lines.read(everything=everything)
    except GrafanaError as error:
        if error.code == UNAUTHORIZED:
            raise CommandError("Grafana refuses the configured password") from error
        return False
