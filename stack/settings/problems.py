"""What is wrong with settings, said with the key and the remedy."""

from __future__ import annotations

import json
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
        if not self.path:
            return "the stack's name"
        head, *rest = self.path
        parts = (
            f"[{json.dumps(part)}]" if isinstance(part, int) or "." in part else f".{part}"
            for part in rest
        )
        return f"monitoring:{head}" + "".join(parts)

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


def take_out(path: Path) -> str:
    """Return how a setting is taken out."""
    return f"take it out with: pulumi config rm --path '{Problem(path, '').key}'"


def set_secret(path: Path) -> str:
    """Return how a secret is set, whose last part may be a placeholder such as `<name>`."""
    key = Problem(path, "").key
    return "set it with: pulumi config set --secret " + (f"--path '{key}'" if path[1:] else key)
