"""Runs other programs: quietly for an answer, or with their output shown as it comes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.paths import ROOT
from bootstrap.progress import CommandError, note


@dataclass(frozen=True)
class Answer:
    """What a program said. A program that is missing or too slow has failed, too."""

    code: int
    output: str
    errors: str

    @property
    def ok(self) -> bool:
        """Whether the program ended with exit code 0."""
        return self.code == 0

    @property
    def complaint(self) -> str:
        """The last line that it wrote, errors first: most programs say there what is wrong."""
        lines = [line for text in (self.errors, self.output) for line in text.splitlines()[-1:]]
        return lines[0].strip() if lines else f"it ended with exit code {self.code}"


class ProgramError(CommandError):
    """A program whose output the person saw has failed; `code` is its exit code."""

    def __init__(self, program: str, code: int) -> None:
        """Name the program; its own words are on the screen already."""
        super().__init__(f"{program} failed with exit code {code}; its own words are above.")
        self.code = code


def ask(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    given: str | None = None,
    seconds: float = 60,
) -> Answer:
    """Run a program from the project's folder, without a terminal, and return its answer.

    `given` is written to its standard input: the way for a secret, which must not be among
    the arguments, where every user of the machine can read it.
    """
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env=env,
            input="" if given is None else given,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except OSError as error:
        return Answer(127, "", str(error))
    except subprocess.TimeoutExpired:
        return Answer(124, "", f"{command[0]} did not answer within {seconds:.0f} s")
    return Answer(done.returncode, done.stdout, done.stderr)


def show(*command: str | Path, env: Mapping[str, str] | None = None) -> None:
    """Run a program with its output on the screen. Raises `ProgramError`.

    Ctrl-C reaches the program as well (same terminal). It is given the time to finish: Pulumi
    then writes its state and gives back its lock, which a kill would leave behind.
    """
    try:
        process = subprocess.Popen([str(word) for word in command], cwd=ROOT, env=env)
    except OSError as error:
        raise CommandError(f"{command[0]} could not be started: {error.strerror}") from error
    code = _end(process)
    if code != 0:
        raise ProgramError(" ".join(Path(word).name for word in command[:2]), code)


def finish(*command: str, env: Mapping[str, str] | None = None) -> Answer:
    """Run a program that must not be cut off half way, and return its answer.

    It has all the time that it takes, and Ctrl-C does not reach it: its end is waited for.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        code = _end(process, f"waiting for {command[0]}, which must not be cut off half way")
        output.seek(0)
        return Answer(code, output.read(), "")


def _end(process: subprocess.Popen[bytes], after_interrupt: str = "") -> int:
    """Wait for a program's end and return its exit code; Ctrl-C is raised only then."""
    interrupted = False
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:
            if after_interrupt and not interrupted:
                note(after_interrupt)
            interrupted = True
    if interrupted:
        raise KeyboardInterrupt
    return code
