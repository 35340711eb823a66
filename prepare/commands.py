"""Runs other programs: quietly for an answer, or with their output shown as it comes."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prepare.places import ROOT
from prepare.progress import SetupError


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


class ProgramError(SetupError):
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
            text=True,
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
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT, env=env)
    interrupted = False
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:
            interrupted = True
    if interrupted:
        raise KeyboardInterrupt
    if code != 0:
        raise ProgramError(" ".join(Path(word).name for word in command[:2]), code)
