"""What some settings are read into: lengths of time, amounts of memory or disk, secrets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Duration:
    """A length of time: `text` as Prometheus and Loki read it, and its `seconds`."""

    text: str
    seconds: float

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Size:
    """An amount of memory or disk: `text` as Prometheus reads it, and its `bytes` (1 KB = 1024)."""

    text: str
    bytes: int

    def __str__(self) -> str:
        return self.text

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
        """Give the value in clear text, to be wrapped into a Pulumi secret at once."""
        return self._value
