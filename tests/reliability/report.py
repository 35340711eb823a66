"""The table of docs/reliability.md, and what it was measured on."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.engine.environment import ROOT, SERVICES
from tests.reliability.measuring import Row
from tests.reliability.stage import Stage

FILE = ROOT / "docs" / "reliability.md"
_BEGIN, _END = "<!-- made by `make reliability` -->", "<!-- until here -->"
_COLUMNS = (
    "while",
    "printed",
    "rotated away",
    "**missing**",
    "counted as lost",
    "sent twice",
    "found twice",
    "longest gap of samples",
    "Prometheus did not answer for",
    "all found after",
)


def about(stage: Stage) -> str:
    """Say when, with what and on what machine."""
    memory = re.search(r"MemTotal: +(\d+)", Path("/proc/meminfo").read_text())
    assert memory
    programs = ", ".join(
        f"{service.capitalize()} {stage.images[service].rpartition(':')[2]}" for service in SERVICES
    )
    engine = stage.host.docker("version", "--format", "{{.Server.Version}}")
    machine = f"{os.cpu_count()} cores and {int(memory[1]) / 1e6:.0f} GB of memory for all of it"
    return (
        f"{datetime.now(UTC):%d %B %Y}, {stage.rate:,} lines/s from five containers; engine"
        f" {engine}, {programs}; {machine}, with a load of {os.getloadavg()[0]:.1f} before."
    )


def table(rows: Sequence[Row]) -> str:
    """Return a row for each case, as Markdown."""
    lines = [f"| {' | '.join(_COLUMNS)} |", f"| --- |{' --: |' * (len(_COLUMNS) - 1)}"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    return "\n".join(lines)


def write(text: str) -> None:
    """Put it into the page, in the place of the last one."""
    before, _, rest = FILE.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    FILE.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}")


def _cells(row: Row) -> list[str]:
    rotated = f"{row.printed - row.kept:,}" + (f", {row.unread:,} unread" if row.unread else "")
    seconds = (row.gap, row.silent, row.caught_up)
    return [
        row.title,
        f"{row.printed:,}",
        rotated,
        f"{row.missing:,}",
        f"{row.counted:,}",
        row.sent_twice,
        f"{row.found_twice:,}",
        *(f"{each:.1f} s" for each in seconds),
    ]
