"""Reads the versions that programs print."""

from __future__ import annotations

import re


def parse_version(text: str) -> tuple[int, ...]:
    """Return the numbers of `v3.259.0`, also among other words; empty where there are none.

    Tuples compare as versions do, and an empty one is older than every other.
    """
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(number) for number in found.groups()) if found else ()
