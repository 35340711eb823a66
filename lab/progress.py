"""Says what the lab is doing, and runs commands whose output goes to a log file."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bootstrap.progress import CommandError

_TAIL_LINES = 15


class LabError(CommandError):
    """A build that cannot go on; the message is for the person who asked for it."""


def say(line: str) -> None:
    """Print one line of progress (standard error, so that output stays usable in scripts)."""
    print(f"lab: {line}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Announce `what`, and its duration in minutes and seconds once it is done."""
    say(f"{what} ...")
    start = time.monotonic()
    yield
    minutes, seconds = divmod(round(time.monotonic() - start), 60)
    say(f"{what}: done in {minutes}:{seconds:02}")


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run `command`, appending what it prints to `log`; `env` is added to the environment.

    Raises LabError with the log's last lines when it fails.
    """
    words = [str(word) for word in command]
    line = shlex.join(words)
    with log.open("a") as out:
        out.write(f"$ {line}\n")
        out.flush()
        try:
            ended = subprocess.run(
                words,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=False,
            )
        except OSError as error:
            raise LabError(f"{words[0]} could not be started: {error}") from error
    if ended.returncode != 0:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
        raise LabError(f"exit code {ended.returncode} from `{line}`:\n{last}\nWhole log: {log}")
