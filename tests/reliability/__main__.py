"""What a stack keeps while things break, as the table of docs/reliability.md.

`make reliability` runs all cases and writes the table; with `CASES="loki-killed backup"` it prints
the rows of these. Containers print numbered lines while something happens. Afterwards every
number in the engine's files is looked for in Loki, through Grafana, and every copy counted. It
fails where a line is missing that the engine kept, or where Prometheus missed scrapes while it
ran.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bootstrap.progress import step
from tests.reliability import report, stage
from tests.reliability.cases import CASES
from tests.reliability.measuring import Row, measure


def main() -> int:
    """Run the cases; return 1 where one shows a loss."""
    parser = argparse.ArgumentParser(prog="make reliability", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--rate", type=int, default=5_000, help="lines/s of all five containers")
    parser.add_argument("--outage", type=int, default=180, help="how long Loki is away, in seconds")
    options = parser.parse_args()
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    rows: list[Row] = []
    failed = False
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        stage.ready(Path(folder), options.rate, options.outage) as made,
    ):
        about = report.about(made)
        for name in options.cases or CASES:
            try:
                with step(name) as this:
                    row = measure(made, name, CASES[name])
                    rows.append(row)
                    this.outcome = ", ".join(row.faults) or f"all of {row.kept:,} lines found"
            except (AssertionError, OSError) as error:
                failed = True
                print(f"  {name}: {error}", file=sys.stderr)
    print(text := f"{about}\n\n{report.table(rows)}")
    if not options.cases and not failed:
        report.write(text)
    return int(failed or any(row.faults for row in rows))


if __name__ == "__main__":
    sys.exit(main())
