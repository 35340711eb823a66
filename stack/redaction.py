"""Which secrets Promtail takes out of the lines, before they leave the host."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any

from stack.formats import Format

Stage = dict[str, dict[str, Any]]

REDACTED = "[redacted]"
# What the built-in stages of configs/promtail/promtail.yml work on.
_SUSPECT = "suspect"
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


PATTERN = Format(
    "a regular expression that Promtail (RE2) understands", "sess_([0-9a-f]{32})", _pattern
)


def with_redaction(
    stages: Sequence[Stage], *, built_in: bool, patterns: Sequence[str]
) -> list[Stage]:
    """Give the pipeline's stages with or without the built-in redaction, and with own patterns.

    Own patterns come after the built-in ones and before anything is read from the line. Each looks
    at every line; its groups are replaced, or all that it matches where it has none.
    """
    end = max(index for index, stage in enumerate(stages) if _redacts(stage)) + 1
    before = [stage for stage in stages[:end] if built_in or not _redacts(stage)]
    return [*before, *(_replacing(pattern) for pattern in patterns), *stages[end:]]


def _redacts(stage: Stage) -> bool:
    [options] = stage.values()
    sets = f"(?P<{_SUSPECT}>" in options.get("expression", "")
    return sets or options.get("source") == _SUSPECT


def _replacing(pattern: str) -> Stage:
    # Promtail replaces groups only.
    expression = pattern if re.compile(pattern).groups else f"({pattern})"
    return {"replace": {"expression": expression, "replace": REDACTED}}
