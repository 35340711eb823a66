"""Brings a stack up: what `pulumi up` needs, the deploy itself, and a first verification."""

from __future__ import annotations

import json
import re

from bootstrap.programs import show
from bootstrap.progress import note, step
from operate import environments, example, stack_images, stacks, verification
from operate.preflight import command as preflight
from operate.stacks import Stack
from setup import docker_compose, docker_engine, local_builds, pulumi_cli
from setup.command import DEV, STACK, Command
from stack.docker import ssh
from stack.settings import docker_host

# The slowest to come is the first scrape.
_VERIFY_SECONDS = 60


def ready(name: str) -> Stack:
    """Ensure everything that `pulumi up` needs for a stack."""
    pulumi_cli.ready(name)
    stack = stacks.open_stack(name)
    config = stack.config()
    docker_engine.ready(config.get(environments.DOCKER_HOST))
    policy = local_builds.policy(name)
    usable = stack_images.choose(stack, config, policy)
    if name == DEV:
        docker_compose.ready(policy)
        example.build(usable)
    return stack


def prepare(stack: str) -> None:
    """Ensure everything that `pulumi up` needs for a stack, and change nothing of it."""
    ready(stack)


def up(stack: str) -> None:
    """Bring the stack up, for `dev` with the example application beside it, and verify it."""
    made = ready(stack)
    settings = made.settings()
    preflight.before_up(settings)
    note(f"running: pulumi up --yes --stack {stack}")
    show("pulumi", "up", "--yes", "--stack", stack, env=made.env)
    if stack == DEV:
        with step("Example application"):
            example.up()
    outputs = json.loads(made.must("stack", "output", "--json"))
    print(closing(stack, outputs, settings.docker_host), flush=True)
    verification.prove(stack, outputs, settings, _VERIFY_SECONDS)


COMMANDS = (Command("prepare", prepare, (STACK,)), Command("up", up, (STACK,)))


def closing(name: str, outputs: dict[str, str], host: str = docker_host.LOCAL) -> str:
    """Return the last lines of `make up`: where things are and what to do next.

    What listens only on the loopback of a host behind ssh is reached through a tunnel.
    """
    places = [
        ("Grafana", outputs["grafana_url"] + "  (user admin; its password: see below)"),
        ("Prometheus", outputs["prometheus_url"]),
    ]
    if name == DEV:
        places.append(("Example", example.url()))
    ports = [re.search(r"//localhost:(\d+)", url) for _, url in places]
    forwards = [f"-L {port[1]}:localhost:{port[1]}" for port in ports if port]
    if forwards and docker_host.is_ssh(host):
        tunnel_command = " ".join(["ssh -N", *forwards, *ssh.login(host)])
        places.append(("Tunnel", f"{tunnel_command}  (to the server, for these addresses)"))
    commands = [
        ('eval "$(make -s env)"', "lets this shell use plain Pulumi, as follows"),
        (f"pulumi config get {environments.PASSWORD} --stack {name}", "the password"),
        (f"pulumi preview --diff --stack {name}", f"what a change to Pulumi.{name}.yaml does"),
        (f"pulumi up --stack {name}", "does it"),
        (f"make down STACK={name}", "removes everything but the volumes"),
    ]
    lines = [f"{place:11} {url}" for place, url in places]
    width = max(len(command) for command, _ in commands)
    lines += ["", *(f"{command:{width}}  # {meaning}" for command, meaning in commands)]
    return "\n" + "\n".join(lines)
