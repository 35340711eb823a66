"""What a format is, and how formats of texts and numbers are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Format:
    """How one kind of value is read.

    `parse` takes what YAML gave and returns the typed value, or raises ValueError, whose text (if
    any) says more than `must_be`. `example` is a value that passes. `schema` tells editors about
    it, as JSON Schema, and never refuses what `parse` accepts.
    """

    must_be: str
    example: Any
    parse: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


def text(value: object) -> str:
    """Accept any text."""
    if not isinstance(value, str):
        raise ValueError
    return value


def matching(must_be: str, example: str, pattern: str) -> Format:
    """Make the format of a text that matches a pattern from its beginning to its end."""

    def parse(value: object) -> str:
        if not re.fullmatch(pattern, text(value)):
            raise ValueError
        return str(value)

    return Format(must_be, example, parse, {"type": "string", "pattern": f"^(?:{pattern})$"})


def one_of(*choices: str) -> Format:
    """Make the format of one of these words."""
    must_be = ", ".join(choices[:-1]) + f" or {choices[-1]}"
    return replace(matching(must_be, choices[0], "|".join(choices)), schema={"enum": list(choices)})


def at_least(form: Format, least: str, why: str = "") -> Format:
    """Make a format of durations or sizes that refuses less than `least`, and says `why`."""
    lowest = form.parse(least)

    def parse(value: object) -> Any:
        found = form.parse(value)
        if found.amount < lowest.amount:
            raise ValueError(why)
        return found

    return replace(form, must_be=f"{form.must_be}, at least {least}", parse=parse)


def whole(must_be: str, example: int, low: int, high: int) -> Format:
    """Make the format of a whole number from `low` to `high`."""

    def parse(value: object) -> int:
        # A number at the top level of the configuration reaches the program as text.
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    schema = {"type": ["integer", "string"], "minimum": low, "maximum": high, "pattern": "^[0-9]+$"}
    return Format(must_be, example, parse, schema)


def number(must_be: str, example: float, high: float, *, zero: bool = False) -> Format:
    """Make the format of a number above 0 (or from 0, with `zero`) and up to `high`."""

    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        if not 0 < value <= high and not (zero and value == 0):
            raise ValueError
        return value

    low = {"minimum": 0} if zero else {"exclusiveMinimum": 0}
    return Format(must_be, example, parse, {"type": "number", **low, "maximum": high})
