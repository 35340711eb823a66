"""The way to a stack that is up: its addresses as this machine reaches them, and its password."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bootstrap.progress import CommandError
from operate import ssh_tunnel, stacks
from setup import pulumi_cli
from stack.settings.model import Settings


@dataclass(frozen=True)
class RunningStack:
    """Where a stack's programs answer, the password of Grafana's administrator, and the engine.

    Attributes:
        network: the one in which Prometheus meets the application.
        host: the engine's address.
    """

    grafana_url: str
    prometheus_url: str
    password: str
    network: str
    host: str


def ask(name: str) -> tuple[dict[str, Any], Settings]:
    """Return the outputs and the settings of a stack that is up. Raises `CommandError`."""
    pulumi_cli.ready(name)
    stack = stacks.existing(name)
    outputs = json.loads(stack.must("stack", "output", "--json")) if stack else {}
    if stack is None or not outputs:
        raise CommandError(f"the stack {name} is not up: run `make up STACK={name}` first")
    return outputs, stack.settings()


@contextmanager
def reach(outputs: Mapping[str, Any], settings: Settings) -> Iterator[RunningStack]:
    """Yield the way to a stack, which lasts as long as the block. Raises `CommandError`."""
    host, password = settings.docker_host, settings.grafana_admin_password.reveal()
    urls = {key: outputs[key] for key in ("grafana_url", "prometheus_url")}
    with ssh_tunnel.reach(host, urls) as reached:
        yield RunningStack(**reached, password=password, network=outputs["network"], host=host)
