"""The settings of the logs: whose are collected, what is kept out, how the engine rotates ours."""

from __future__ import annotations

from dataclasses import dataclass

from stack.settings import formats, patterns
from stack.settings.declaration import setting


@dataclass(frozen=True)
class Logs:
    """Which containers' logs are collected (by default all), and what is kept out of them."""

    projects: tuple[str, ...] = setting(
        formats.PROJECT,
        "Only containers of these Compose projects, and the stack's own: environments on one"
        " engine then do not store each other's lines. The engine selects.",
        (),
    )
    include_names: tuple[str, ...] = setting(
        patterns.EXPRESSION, "Only containers with one of these names; the engine selects.", ()
    )
    include_labels: tuple[str, ...] = setting(
        formats.LABEL_FILTER, "Only containers with all of these labels; the engine selects.", ()
    )
    exclude_names: tuple[str, ...] = setting(
        patterns.EXPRESSION,
        "Never containers with one of these names. Promtail still reads their lines from the"
        " engine before it drops them, so prefer `include…` for a very noisy container.",
        (),
    )
    redact: bool = setting(
        formats.BOOLEAN,
        "Whether passwords, tokens, `Authorization` and cookies are replaced by `[redacted]` before"
        " a line leaves the host.",
        default=True,
    )
    redact_patterns: tuple[str, ...] = setting(
        patterns.PATTERN,
        "Regular expressions (RE2) of more that is replaced, in every line: their groups, or all"
        " that they match.",
        (),
    )


@dataclass(frozen=True)
class ContainerLogs:
    """How the engine rotates the stack's containers' own logs (json-file driver)."""

    max_size: str = setting(formats.LOG_SIZE, "A log file's largest size.", "10m")
    max_files: int = setting(formats.COUNT, "How many files are kept.", 3)
