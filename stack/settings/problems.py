"""What is wrong with settings, said with the key and the remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One setting that cannot be used: where it is, what is wrong, and a value that would do.

    An empty path means the stack's name.
    """

    path: Path
    text: str
    example: Any = None

    @property
    def key(self) -> str:
        """The setting's path as `pulumi config set --path` takes it."""
        return key(self.path) if self.path else "the stack's name"

    def describe(self, stack: str) -> str:
        """Return the text, with the lines to write where a value would help."""
        text = f"{self.key} {self.text}"
        if self.example is None:
            return text
        value = self.example
        for part in reversed(self.path[1:]):
            value = [value] if isinstance(part, int) else {part: value}
        lines = yaml.safe_dump({"config": {f"monitoring:{self.path[0]}": value}}, sort_keys=False)
        return f"{text}\n  in Pulumi.{stack}.yaml, for example:\n" + "\n".join(
            f"    {line}" for line in lines.splitlines()
        )


class SettingsError(Exception):
    """Settings that cannot be used; its text names each key and shows the remedy."""

    def __init__(self, stack: str, problems: list[Problem]) -> None:
        self.problems = problems
        body = "\n\n".join(problem.describe(stack) for problem in problems)
        super().__init__(f"nothing was changed: fix the settings of stack '{stack}'\n\n{body}")


def key(path: Path) -> str:
    """Return a setting's path as `pulumi config set --path` takes it."""
    head, *rest = path
    return f"monitoring:{head}" + "".join(_below(part) for part in rest)


def _below(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if re.fullmatch(r"[\w-]+|<name>", part):
        return f".{part}"
    # The CLI knows no other escape.
    return '["' + part.replace('"', '\\"') + '"]'


def take_out(path: Path) -> str:
    """Return how a setting is taken out."""
    return f"take it out with: pulumi config rm --path {_quoted(path)}"


def set_secret(path: Path) -> str:
    """Return how a secret is set, whose last part may be a placeholder such as `<name>`."""
    where = f"--path {_quoted(path)}" if path[1:] else key(path)
    return f"set it with: pulumi config set --secret {where}"


def _quoted(path: Path) -> str:
    """Return a key for a shell, which would read brackets and what else is in names."""
    return "'" + key(path).replace("'", "'\"'\"'") + "'"
