"""The formats of the alerts' settings: shares, numbers, addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stack.formats import DURATION, Format, matching
from stack.values import Duration

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])"
# Grafana expands a `$` in its provisioning files, and with it one in the secrets that they name.
_URL = rf"https?://(?:[^\s/@$]+@)?{_HOST}(?::\d+)?(?:[/?#][^\s$]*)?"

_LONGEST_SECONDS = 120


def _number(low: float, high: float) -> Callable[[Any], float]:
    """Accept what lies between `low` and `high`; `low` itself is left out."""

    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low < value <= high:
            raise ValueError
        return value

    return parse


def _factor(value: object) -> float:
    return 0 if value == 0 and value is not False else _number(0, 10)(value)


def _tens_of_seconds(value: object) -> Duration:
    duration: Duration = DURATION.parse(value)
    if duration.seconds % 10 or duration.seconds > _LONGEST_SECONDS:
        raise ValueError("Grafana counts in tens of seconds, and a rule sees the last five minutes")
    return duration


RATIO = Format(
    "a number above 0 and up to 1 such as 0.05",
    0.05,
    _number(0, 1),
    {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
)
NUMBER = Format(
    "a number above 0 such as 0.1",
    0.1,
    _number(0, 1e9),
    {"type": "number", "exclusiveMinimum": 0, "maximum": 1e9},
)
FACTOR = Format(
    "a number from 0 to 10", 1, _factor, {"type": "number", "minimum": 0, "maximum": 10}
)
TENS_OF_SECONDS = Format(
    "whole tens of seconds up to 2m, such as 10s, 30s or 1m", "30s", _tens_of_seconds
)
URL = matching(
    "an address that starts with http:// or https://, without spaces and without '$'",
    "https://example.com/hook",
    _URL,
)
URL_OR_NONE = matching(URL.wants, "https://git.example.com/docs/runbooks", rf"|{_URL}")
MAIL = matching(
    "a mail address",
    "team@example.com",
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?",
)
SECRET = matching("a text without spaces or breaks at its ends", "secret", r"[!-~](?:[ -~]*[!-~])?")
