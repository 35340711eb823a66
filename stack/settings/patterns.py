"""Formats of regular expressions, in what several programs read alike."""

from __future__ import annotations

import re
import warnings

from stack.settings.format import Format, text

# What Python has and Go's RE2 has not, or reads otherwise: it would keep Promtail from starting.
# https://github.com/google/re2/wiki/Syntax
_FOREIGN_ESCAPES = "123456789NUZu"
_CLASS_OR_ESCAPE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_FOREIGN = re.compile(r"\(\?(?:[=!>#(]|<[=!]|P[=>]|[a-zA-Z-]*[aLux][a-zA-Z-]*[:)])|[*+?}]\+")
_REPETITION = re.compile(r"\{(\d+)?(?:,(\d+)?)?\}")
_MOST_REPETITIONS = 1_000


def _pattern(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    try:
        with warnings.catch_warnings():
            # Of classes within classes, which the two languages read differently.
            warnings.simplefilter("error", FutureWarning)
            compiled = re.compile(value)
    except (re.error, FutureWarning) as error:
        raise ValueError(str(error)) from error
    if compiled.groupindex:
        raise ValueError("a group must have no name")
    if compiled.search(""):
        raise ValueError("it matches where there is nothing")
    if _is_foreign(value):
        raise ValueError(
            "Promtail's expressions know no lookaround, back-reference, possessive or atomic part,"
            f" and at most {_MOST_REPETITIONS} repetitions"
        )
    return value


def _is_foreign(pattern: str) -> bool:
    escaped = re.findall(r"\\(.)", pattern)
    bare = _CLASS_OR_ESCAPE.sub("x", pattern)
    counts = [int(n) for match in _REPETITION.finditer(bare) for n in match.groups() if n]
    return (
        any(char in _FOREIGN_ESCAPES or not char.isascii() for char in escaped)
        or bool(_FOREIGN.search(bare))
        or max(counts, default=0) > _MOST_REPETITIONS
    )


def _expression(value: object) -> str:
    """Accept what Docker's filters, Prometheus' RE2 and Python all read alike."""
    given = text(value)
    if not re.fullmatch(r"[A-Za-z0-9_.*+?|()\[\]-]+", given):
        raise ValueError
    try:
        re.compile(given)
    except re.error as error:
        raise ValueError(str(error)) from error
    return given


EXPRESSION = Format(
    "a container's name, or a regular expression for its whole name", "shop-.*", _expression
)
PATTERN = Format(
    "a regular expression that Promtail (RE2) understands", "sess_([0-9a-f]{32})", _pattern
)
