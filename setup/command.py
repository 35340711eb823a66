"""How a command of the command line is declared, beside the function that it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """An option, `--like-this`, which becomes the function's argument `like_this`.

    Attributes:
        meaning: what `--help` says of it.
        default: taken where it is not given; None where it must be. False makes it a switch.
        parse: makes its value of the text; raises ValueError where that is none.
    """

    name: str
    meaning: str
    default: str | bool | None = None
    parse: Callable[[str], object] = str


@dataclass(frozen=True)
class Command:
    """A command; what `--help` says of it is the docstring of the function `run`.

    That returns an exit code, or None for 0, and raises `CommandError` for what can be expected.
    """

    name: str
    run: Callable[..., int | None]
    options: tuple[Option, ...] = ()


DEV = "dev"
"""The environment on a person's own machine, beside which the example application runs."""
STACK = Option("stack", f"the environment, a file Pulumi.<stack>.yaml (default: {DEV})", DEV)
OUTPUT = Option("output", "a file that gets the text as well", "")
JSON = Option("json", "print JSON, for scripts", default=False)
