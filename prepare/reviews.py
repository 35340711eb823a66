"""`make preview` and `make drift`: no more than they need; the package `review` says the rest."""

from __future__ import annotations

from prepare import engine, pulumi_cli, stacks, virtualenv
from prepare.commands import show
from prepare.places import PYTHON


def preview(name: str, output: str) -> None:
    """Print what `pulumi up` would do, and write it to the file `output` where that is given."""
    _say("preview", name, output)


def drift(name: str, output: str) -> None:
    """Print what is not as it was deployed; the exit code is 2 where there is any."""
    _say("drift", name, output)


def _say(what: str, name: str, output: str) -> None:
    """Make nothing: where there is no stack, or no engine answers, the text says so."""
    virtualenv.ready()
    pulumi_cli.ready(name)
    stack = stacks.named(name)
    engine.adopt(engine.address(None))
    options = ["--output", output] if output else []
    show(PYTHON, "-m", "review", what, "--stack", name, *options, env=stack.env)
