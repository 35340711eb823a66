"""What some settings are read into: lengths of time, amounts of memory or disk, secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Go's and Prometheus' units; Loki reads durations with the same parser as Prometheus.
_SECONDS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 0.001}
_BYTES = {"KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
DURATION = re.compile(r"(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?", re.ASCII)
SIZE = re.compile(r"(\d+)(KB|MB|GB|TB)", re.ASCII)

# The programs count nanoseconds and bytes in 64 bits. Prometheus itself takes no more than 100y.
_LONGEST = "100y"
_LARGEST = "1000000TB"


@dataclass(frozen=True)
class Duration:
    """A length of time: `text` as Prometheus and Loki read it, and its `seconds`."""

    text: str
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read a text such as `1h30m`, above zero and up to 100 years; raises ValueError."""
        match = DURATION.fullmatch(text)
        if not match or not text:
            raise ValueError
        parts = [re.fullmatch(r"(\d+)(\D+)", part) for part in match.groups() if part]
        seconds = sum(int(part[1]) * _SECONDS[part[2]] for part in parts if part)
        if seconds <= 0:
            raise ValueError("it must be longer than zero")
        if seconds > 100 * _SECONDS["y"]:
            raise ValueError(f"it must not be longer than {_LONGEST}")
        return cls(text, seconds)

    def __str__(self) -> str:
        return self.text

    @property
    def amount(self) -> float:
        """What is compared: the seconds."""
        return self.seconds


@dataclass(frozen=True)
class Size:
    """An amount of memory or disk: `text` as Prometheus reads it, and its `bytes` (1 KB = 1024)."""

    text: str
    bytes: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """Read a text such as `4GB`, above zero and up to 1000000TB; raises ValueError."""
        match = SIZE.fullmatch(text)
        if not match or int(match[1]) == 0:
            raise ValueError
        count = int(match[1]) * _BYTES[match[2]]
        if count > 1_000_000 * _BYTES["TB"]:
            raise ValueError(f"it must not be larger than {_LARGEST}")
        return cls(text, count)

    def __str__(self) -> str:
        return self.text

    @property
    def amount(self) -> int:
        """What is compared: the bytes."""
        return self.bytes

    @property
    def mebibytes(self) -> int:
        """The whole MiB in it: Docker's provider counts memory in these."""
        return self.bytes // 2**20


@dataclass(frozen=True)
class Secret:
    """A value that must not be seen: it prints as `[secret]`, and only `reveal` gives it out."""

    _value: str

    def __repr__(self) -> str:
        return "[secret]"

    def reveal(self) -> str:
        """Return the value in clear text, to be wrapped into a Pulumi secret at once."""
        return self._value
