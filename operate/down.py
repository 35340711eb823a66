"""Removes a stack; the volumes stay."""

from __future__ import annotations

from bootstrap.programs import ask, show
from operate import environments, example, stacks
from setup import docker_compose, docker_engine, local_builds, pulumi_cli
from setup.command import DEV, STACK, Command
from stack.settings.model import SERVICES, prefix


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
    if volumes := kept_volumes(stack):
        print("The volumes with the metrics, logs and dashboards were kept. To delete them:")
        print(f"docker volume rm {' '.join(volumes)}")


COMMAND = Command("down", down, (STACK,))


def kept_volumes(stack: str) -> list[str]:
    """Return the stack's own volumes that the engine has."""
    present = ask("docker", "volume", "ls", "--quiet").output.split()
    own = [f"{prefix(stack)}-{service}" for service in SERVICES]
    return [volume for volume in own if volume in present]
