"""A container of its own that prints numbered lines, as an application prints its log."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bootstrap.programs import finish
from bootstrap.progress import CommandError
from operate import programs
from operate.volumes import ask

_LOGS_SECONDS = 300
_PAUSE_SECONDS = 0.5
# How long it is there at most after its last line, should whoever started it be killed.
_LEFT_SECONDS = "1800"
# Each line has a word, its number and the time of its print. Number 0 comes at once, the others
# after a signal, which is waited for as long. (bash, since perl's Time::HiRes is not in the image.)
_SCRIPT = r"""
word=$1 rate=$2 lines=$3 left=$4 LC_ALL=C
exec {idle}<> <(:)
print() { printf '%s %d %s\n' "$word" "$1" "$EPOCHREALTIME"; }
trap 'begin=${EPOCHREALTIME/./}' USR1
print 0
for ((n = 0; n < left * 20 && ! begin; n++)); do read -rt 0.05 -u "$idle"; done
((begin)) || exit
for ((n = 1; n <= lines; n++)); do
  while ((begin + n * 1000000 / rate > ${EPOCHREALTIME/./})); do read -rt 0.005 -u "$idle"; done
  print "$n"
done
echo "$lines" >/tmp/printed
exec sleep "$left"
"""


@dataclass(frozen=True)
class Printer:
    """The container while it is there. Every call raises `CommandError`.

    Attributes:
        word: what each of its lines begins with, and no other container's.
    """

    host: str
    name: str
    word: str

    def begin(self) -> None:
        """Let it print its lines."""
        answer = ask(self.host, "kill", "--signal=USR1", self.name)
        if answer.returncode:
            raise CommandError(f"{self.name} is gone: {answer.stderr.strip()}")

    def printed(self, seconds: float) -> int:
        """Return how many lines it has printed, once these are all, within so many seconds."""
        deadline = time.monotonic() + seconds
        while True:
            answer = ask(self.host, "exec", self.name, "cat", "/tmp/printed")  # noqa: S108 - there
            if answer.stdout:
                return int(answer.stdout)
            if time.monotonic() > deadline:
                said = answer.stderr.strip()
                raise CommandError(f"{self.name} does not come to its end: {said}")
            time.sleep(_PAUSE_SECONDS)

    def on_disk(self) -> int | None:
        """Return how many of these the engine has kept; None where its log driver does not tell."""
        answer = ask(self.host, "logs", self.name, seconds=_LOGS_SECONDS)
        if answer.returncode:
            return None
        numbers = set(re.findall(rf"^{self.word} (\d+) ", answer.stdout, re.MULTILINE))
        return len(numbers - {"0"})


@contextmanager
def printing(host: str, prefix: str, lines: int, rate: int) -> Iterator[Printer]:
    """Start the container, whose log is as the engine's defaults say; remove it after the block.

    Its name is the lock: a second one of the same stack is refused. Raises `CommandError`.
    """
    collector = f"{prefix}-{programs.SHELL}"
    image = ask(host, "container", "inspect", "--format={{.Image}}", collector).stdout.strip()
    if not image:
        raise CommandError(f"there is no {collector}, whose image is used: `make up` makes it")
    printer = Printer(host, f"{prefix}-loss", f"loss-{secrets.token_hex(3)}")
    options = ("--network=none", "--read-only", "--tmpfs=/tmp", "--memory=64m", "--pids-limit=16")
    rights = ("--user=65534:65534", "--cap-drop=ALL", "--security-opt=no-new-privileges")
    run = ("run", "--detach", "--rm", f"--name={printer.name}", *options, *rights)
    call = ("--entrypoint=bash", image, "-c", _SCRIPT, "bash", printer.word)
    ours = True
    try:
        # Not to be cut off by Ctrl-C half way: what was made then must be removed.
        answer = finish("docker", "--host", host, *run, *call, str(rate), str(lines), _LEFT_SECONDS)
        if "is already in use" in answer.output:
            ours = False
            raise CommandError(
                "the loss is being measured already, or that was killed; then remove its"
                f" container: docker rm --force {printer.name}"
            )
        if not answer.ok:
            raise CommandError(f"{printer.name} did not start: {answer.complaint}")
        yield printer
    finally:
        if ours:
            finish("docker", "--host", host, "rm", "--force", printer.name)
