"""Removes a stack; the volumes stay."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.programs import ask, show
from operate import backup_files, environments, example, stacks
from setup import docker_compose, docker_engine, local_builds, pulumi_cli
from setup.command import DEV, STACK, Command
from stack.services import SERVICES
from stack.settings.model import prefix


def down(stack: str) -> None:
    """Stop the example application and destroy the stack; the volumes stay."""
    pulumi_cli.ready(stack)
    made = stacks.existing(stack)
    if made is None:
        print(f"There is no stack {stack}: nothing to remove.")
        return
    docker_engine.ready(made.config().get(environments.DOCKER_HOST))
    if stack == DEV:
        docker_compose.ready(local_builds.policy(stack))
        example.down()
    show("pulumi", "destroy", "--yes", "--stack", stack, env=made.env)
    backup = backup_files.told(stack, environments.backups(stack))
    print(closing(stack, kept_volumes(stack), backup))


COMMAND = Command("down", down, (STACK,))


def kept_volumes(stack: str) -> list[str]:
    """Return the stack's own volumes that the engine has."""
    present = ask("docker", "volume", "ls", "--quiet").output.split()
    own = [f"{prefix(stack)}-{entry.name}" for entry in SERVICES]
    return [volume for volume in own if volume in present]


def closing(stack: str, volumes: Sequence[str], backup: str) -> str:
    """Return the last lines of `make down`: what is still there, and how to remove that, too."""
    lines = []
    if volumes:
        data = {f"{prefix(stack)}-{entry.name}": entry.data for entry in SERVICES}
        lines += ["Kept, and found by the next `make up`, are the volumes"]
        lines += [f"  {volume}  # {data[volume]}" for volume in volumes]
    lines += [backup]
    if volumes:
        lines += ["To delete them for ever:", f"  docker volume rm {' '.join(volumes)}"]
    lines += ["To forget the stack in Pulumi, too:", f"  pulumi stack rm --preserve-config {stack}"]
    return "\n".join(lines)
