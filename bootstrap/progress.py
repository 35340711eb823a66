"""What the person at the terminal sees: a line for each step, one sentence for a problem.

Everything goes to standard error, so that standard output stays free for what a command is
asked for (`make -s env`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class CommandError(Exception):
    """An expected obstacle. Its text is what happened and the way out, for a person to read.

    `code` is the exit code of the command that it ends.
    """

    code = 1


@dataclass
class Step:
    """One step; whoever takes it puts into `outcome` what its line shall say."""

    outcome: str = "ready"


def note(text: str) -> None:
    """Say now what a step is about to do, because it may take a while."""
    print(f"    {text}", file=sys.stderr, flush=True)


@contextmanager
def step(name: str) -> Iterator[Step]:
    """Print one line with the outcome and the seconds taken, unless the step fails."""
    started = time.monotonic()
    this = Step()
    yield this
    seconds = time.monotonic() - started
    print(f"  {name}: {this.outcome} ({seconds:.1f} s)", file=sys.stderr, flush=True)


def exit_code(run: Callable[[], int | None]) -> int:
    """Run a command and return its exit code; an expected obstacle is said in one sentence."""
    try:
        return run() or 0
    except CommandError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return problem.code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
