"""What the Makefile's targets do, each made of the steps of the other modules."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from prepare import (
    compose,
    engine,
    environments,
    example,
    lab_use,
    pulumi_cli,
    sample_alert,
    stacks,
    tunnel,
    verification,
    virtualenv,
)
from prepare.commands import ask, show
from prepare.progress import SetupError, note, step
from prepare.stacks import PASSWORD, Stack
from stack.docker import ssh
from stack.settings import docker_host

EXAMPLE_STACK = "dev"
"""The stack whose network the example application joins."""
URLS = ("grafana_url", "prometheus_url")
"""The outputs that are addresses."""
# After `make up`. The slowest to come is the first scrape.
_PATIENCE_SECONDS = 60


def prepare(name: str) -> Stack:
    """Have everything that `pulumi up` needs for a stack."""
    virtualenv.ready()
    pulumi_cli.ready(name)
    stack = stacks.open_stack(name)
    config = stack.config()
    engine.ready(config.get("monitoring:dockerHost"))
    lab = lab_use.chosen(name)
    usable = stacks.choose_images(stack, config, lab)
    if name == EXAMPLE_STACK:
        compose.ready(lab)
        example.build(usable)
    return stack


def up(name: str) -> None:
    """Bring the stack up, for `dev` with the example application beside it, and see it work."""
    stack = prepare(name)
    note(f"running: pulumi up --yes --stack {name}")
    show("pulumi", "up", "--yes", "--stack", name, env=stack.env)
    if name == EXAMPLE_STACK:
        with step("Example application"):
            example.up()
    outputs = json.loads(stack.must("stack", "output", "--json"))
    host = engine.address(stack.config().get("monitoring:dockerHost"))
    print(closing(name, outputs, host), flush=True)
    _verify(name, patience=_PATIENCE_SECONDS, just_up=True)


def closing(name: str, outputs: dict[str, str], host: str = engine.LOCAL) -> str:
    """The last lines of `make up`: where things are and what to do next.

    What listens only on the loopback of a host behind ssh is reached through a tunnel.
    """
    places = [
        ("Grafana", outputs["grafana_url"] + "  (user admin; its password: see below)"),
        ("Prometheus", outputs["prometheus_url"]),
    ]
    if name == EXAMPLE_STACK:
        places.append(("Example", "http://localhost:8080"))
    ports = [re.search(r"//localhost:(\d+)", url) for _, url in places]
    forwards = [f"-L {port[1]}:localhost:{port[1]}" for port in ports if port]
    if forwards and docker_host.is_ssh(host):
        tunnel_command = " ".join(["ssh -N", *forwards, *ssh.login(host)])
        places.append(("Tunnel", f"{tunnel_command}  (to the server, for these addresses)"))
    commands = [
        ('eval "$(make -s env)"', "lets this shell use plain Pulumi, as follows"),
        (f"pulumi config get {PASSWORD} --stack {name}", "the password"),
        (f"pulumi preview --diff --stack {name}", f"what a change to Pulumi.{name}.yaml does"),
        (f"pulumi up --stack {name}", "does it"),
        (f"make down STACK={name}", "takes all away but the volumes"),
    ]
    lines = [f"{place:11} {url}" for place, url in places]
    width = max(len(command) for command, _ in commands)
    lines += ["", *(f"{command:{width}}  # {meaning}" for command, meaning in commands)]
    return "\n" + "\n".join(lines)


def down(name: str) -> None:
    """Stop the example application and destroy the stack."""
    virtualenv.ready()
    pulumi_cli.ready(name)
    stack = stacks.existing(name)
    if stack is None:
        print(f"There is no stack {name}: nothing to take away.")
        return
    engine.ready(stack.config().get("monitoring:dockerHost"))
    if name == EXAMPLE_STACK:
        compose.ready(lab_use.chosen(name))
        example.down()
    show("pulumi", "destroy", "--yes", "--stack", name, env=stack.env)
    volumes = ask("docker", "volume", "ls", "-q", "-f", f"name=^monitoring-{name}-").output.split()
    if volumes:
        print("The volumes with the metrics, logs and dashboards were kept. To delete them:")
        print(f"docker volume rm {' '.join(volumes)}")


def new_env(name: str) -> None:
    """Make an environment: its file, its state, and a password for its Grafana."""
    file = environments.write(name)
    virtualenv.ready()
    pulumi_cli.ready(name)
    stacks.open_stack(name)
    print(f"Made {file.name}, with ports and a password of its own. Edit it, commit it, and then:")
    print(f"make up STACK={name}")


def test_alert(name: str) -> None:
    """Send one alert through the whole chain of a running stack, and say what became of it."""
    with _reached(name) as (urls, password), step("Test alert") as this:
        note("Grafana looks every 10 s, and waits alerts.groupWait before it sends")
        outcome = sample_alert.send(urls["grafana_url"], password)
        this.outcome = str(outcome)
    if outcome.failed:
        raise SetupError("not every receiver took it: see docs/runbooks/NotificationsFailing.md")


def verify(name: str) -> None:
    """Prove from outside that a running stack works, and say what was seen."""
    _verify(name)


def _verify(
    name: str, patience: float = verification.PATIENCE_SECONDS, *, just_up: bool = False
) -> None:
    with _reached(name) as (urls, password), step("Verification") as this:
        results = verification.verify(
            urls["grafana_url"], urls["prometheus_url"], password, patience, just_up=just_up
        )
        failed = sum(not result.passed for result in results)
        this.outcome = f"{len(results) - failed} of {len(results)} checks passed"
    print(verification.table(results), flush=True)
    if failed:
        raise SetupError(f"the stack {name} does not work: see the failed checks above")


@contextmanager
def _reached(name: str) -> Iterator[tuple[dict[str, str], str]]:
    """Reach a running stack: the URLs of Grafana and Prometheus by output, and the password."""
    virtualenv.ready()
    pulumi_cli.ready(name)
    stack = stacks.existing(name)
    outputs = json.loads(stack.must("stack", "output", "--json")) if stack else {}
    if stack is None or not outputs:
        raise SetupError(f"the stack {name} is not up: run `make up STACK={name}` first")
    password = stack.must("config", "get", PASSWORD).rstrip("\n")
    host = engine.address(stack.config().get("monitoring:dockerHost"))
    with tunnel.reach(host, {key: outputs[key] for key in URLS}) as urls:
        yield urls, password


def env(name: str) -> None:
    """Print what a shell needs for plain Pulumi: `eval "$(make -s env)"`."""
    shell = dict(os.environ)
    virtualenv.ready()
    pulumi_cli.ready(name)
    stack = stacks.open_stack(name)
    engine.adopt(engine.address(None))
    for key, value in stack.env.items():
        if shell.get(key) != value:
            print(f"export {key}={shlex.quote(value)}")
