"""Compares a configuration as it was written with the one that a program says it runs with.

A program fills in its defaults, leaves out what is empty, and writes times and sizes its own way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Go's, Prometheus' and Loki's units; a size's thousand is 1024 in all three.
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3_600}
_SECONDS |= {"d": 86_400, "w": 604_800, "y": 31_536_000}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|[smhdwy]))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|[smhdwy])")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGT]?)i?B")
_SHOWN = 80
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


@dataclass(frozen=True)
class Difference:
    """A key that has another value than the settings say."""

    program: str
    key: str
    wanted: object
    running: object

    def __str__(self) -> str:
        return f"{self.program}: {self.key} is {self.running}, and should be {self.wanted}"


def differences(program: str, wanted: Any, running: Any, key: str = "") -> Iterator[Difference]:
    """Find what is written and runs otherwise; what only runs is a default of the program's."""
    if isinstance(wanted, Mapping) and isinstance(running, Mapping):
        for name, value in wanted.items():
            path = f"{key}.{name}" if key else str(name)
            yield from differences(program, value, running.get(name), path)
    elif isinstance(wanted, list) and isinstance(running, list) and len(wanted) == len(running):
        for index, (one, other) in enumerate(zip(wanted, running, strict=True)):
            yield from differences(program, one, other, f"{key}[{index}]")
    elif _normal(wanted) != _normal(running):
        yield Difference(program, key, *_shown(wanted, running))


def _normal(value: Any) -> object:
    """Return a value in the one form in which two of the same meaning are equal."""
    if value in (None, False, {}, []):
        return 0.0
    text = re.sub(r",\s+", ",", str(value).lower() if value is True else str(value).strip())
    if match := _SIZE.fullmatch(text):
        return float(match[1]) * 1024 ** _POWERS[match[2]]
    if _DURATION.fullmatch(text):
        return sum(float(count) * _SECONDS[unit] for count, unit in _PART.findall(text))
    if _NUMBER.fullmatch(text):
        return float(text)
    return 0.0 if text in ("", "false") else text


def _shown(wanted: object, running: object) -> tuple[str, str]:
    """Return both as they fit into a line, from shortly before where they begin to differ."""
    texts = [" ".join(str("nothing" if v in (None, "") else v).split()) for v in (wanted, running)]
    if max(map(len, texts)) > _SHOWN:
        pairs = enumerate(zip(*texts, strict=False))
        differ = next((at for at, (one, other) in pairs if one != other), min(map(len, texts)))
        start = max(0, differ - _SHOWN // 4)
        texts = [_cut(text, start) for text in texts]
    return texts[0], texts[1]


def _cut(text: str, start: int) -> str:
    end = start + _SHOWN
    return f"{'…' if start else ''}{text[start:end]}{'…' if text[end:] else ''}"
