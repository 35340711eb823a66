"""The variables with which a shell runs plain Pulumi on this project."""

from __future__ import annotations

import os
import shlex

from operate import stacks
from setup import docker_engine, pulumi_cli
from setup.command import STACK, Command


def env(stack: str) -> None:
    """Print what a shell needs for plain Pulumi: `eval "$(make -s env)"`."""
    shell = dict(os.environ)
    pulumi_cli.ready(stack)
    made = stacks.open_stack(stack)
    docker_engine.export_host(docker_engine.address(None))
    for key, value in made.env.items():
        if shell.get(key) != value:
            print(f"export {key}={shlex.quote(value)}")


COMMAND = Command("env", env, (STACK,))
