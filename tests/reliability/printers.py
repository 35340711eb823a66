"""Containers that print numbered lines at an even rate, and what the engine has of them on disk."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from tests.engine import talker
from tests.engine.waiting import eventually
from tests.reliability.host import Host

CONTAINERS = 5
BURST_SECONDS = 60
_STARTS = 10_000_000
"""The first number of a container's second start; a third begins at twice that."""
# A line such as Nest's logger prints it. What is due is what the clock says, so that a script that
# was held up comes back to its rate, and a clock that is put forward makes a burst.
_SCRIPT = """
trap exit TERM
starts=$(cat /tmp/starts 2>/dev/null || echo 0)
echo $((starts + 1)) >/tmp/starts
now() {{ read -r up _ </proc/uptime; hundredths=${{up%.*}}${{up#*.}}; }}
now; began=$hundredths
printed=0
until [ -e /tmp/stop ]; do
  [ ! -e /tmp/burst ] || {{ rm /tmp/burst; began=$((began - {burst}00)); }}
  now
  due=$(((hundredths - began) * {rate} / 100))
  [ $due = $printed ] || seq $((starts * {starts} + printed)) $((starts * {starts} + due - 1)) |
    sed 's/.*/{{"level":"log","pid":1,"timestamp":1795532307139,"message":"line & of the test","context":"Orders"}}/'
  printed=$due
  sleep 0.1
done
echo $((starts * {starts} + printed - 1)) >/tmp/last
exec sleep 86400
"""  # noqa: E501 - the text of a line
_NUMBER = re.compile(rb"line (\d+) of the test")


def numbers(text: bytes) -> Counter[int]:
    """Count the numbered lines in a text."""
    return Counter(map(int, _NUMBER.findall(text)))


@dataclass(frozen=True)
class Printers:
    """The containers of one case, on a host."""

    host: Host
    names: tuple[str, ...]

    def burst(self) -> None:
        """Let each print at once what takes it `BURST_SECONDS`."""
        self._tell("burst")

    def stop(self) -> None:
        """Let them print no more; all that they printed is then on the engine's disk."""
        self._tell("stop")
        for name in self.names:
            self._await_end(name)

    def _await_end(self, name: str) -> None:
        last = eventually(lambda: self._last(name), seconds=30, what=f"the end of {name}")
        eventually(lambda: last in self._newest(name), seconds=60, what=f"all lines of {name}")

    def on_disk(self, name: str) -> Counter[int]:
        """Count what the engine has of one of them in its files."""
        total: Counter[int] = Counter()
        for file in self.host.log_files(name):
            total += numbers(file.read_bytes())
        return total

    def printed(self) -> int:
        """Return how many lines the first of them has printed since its last start, on disk."""
        newest = self._newest(self.names[0])
        return max(newest) % _STARTS if newest else 0

    def remove(self) -> None:
        """Remove them, and their files."""
        self.host.docker("rm", "--force", *self.names)

    def _tell(self, word: str) -> None:
        for name in self.names:
            self.host.docker("exec", name, "touch", f"/tmp/{word}")  # noqa: S108 - the container's own

    def _last(self, name: str) -> int:
        return int(self.host.docker("exec", name, "cat", "/tmp/last"))  # noqa: S108 - same

    def _newest(self, name: str) -> Counter[int]:
        newest = self.host.log_files(name)[0]
        with newest.open("rb") as file:
            file.seek(max(0, newest.stat().st_size - 10_000))
            return numbers(file.read())


def start(host: Host, case: str, rate: int, files: tuple[str, int]) -> Printers:
    """Start all, which together print `rate` lines/s.

    Each prints into `files` of a size, of which the engine keeps so many.
    """
    names = tuple(f"printer-{case}-{number}" for number in range(CONTAINERS))
    script = _SCRIPT.format(rate=rate // CONTAINERS, starts=_STARTS, burst=BURST_SECONDS)
    size, most = files
    options = ("--log-opt", f"max-size={size}", "--log-opt", f"max-file={most}")
    for name in names:
        host.docker(
            *("run", "--detach", "--name", name, "--restart", "unless-stopped", *options),
            *("--entrypoint", "sh", talker.image(), "-c", script),
        )
    return Printers(host, names)


def printed_of(on_disk: Counter[int]) -> int:
    """Return how many lines were printed by a container, by the last number of each of its starts.

    The first may be gone from the disk.
    """
    last: dict[int, int] = {}
    for number in on_disk:
        start_, at = divmod(number, _STARTS)
        last[start_] = max(at, last.get(start_, 0))
    return sum(at + 1 for at in last.values())
