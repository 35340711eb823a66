"""A new environment: a file with a name and ports that no other has, a state, a password."""

from __future__ import annotations

from pathlib import Path

from bootstrap.paths import ROOT
from bootstrap.progress import CommandError
from operate import environments, stacks
from setup import pulumi_cli
from setup.command import Command, Option
from stack.settings import contradictions
from stack.settings.services import Grafana, Prometheus

_FILE = """\
# yaml-language-server: $schema=docs/settings.schema.json
# The environment `{name}`. What is not said here has its default; docs/settings.md lists all.
config:
  # The server. Without it, the engine of whoever runs `pulumi up`.
  # monitoring:dockerHost: ssh://deploy@{name}.example.com
  # For data that must not be lost:
  # monitoring:protectVolumes: true
  # What to scrape: a backend that joins the network monitoring-{name}.
  monitoring:jobs:
    - name: backend
      targets:
        - backend:3000
  # Only this compose project's logs; without these lines, those of all containers.
  monitoring:logs:
    projects:
      - app-{name}
  # Ports of its own, so that it can live beside the other environments.
  monitoring:grafana:
    port: {grafana}
  monitoring:prometheus:
    port: {prometheus}
"""


def new_env(name: str) -> None:
    """Make an environment: its file, its state, and a password for its Grafana."""
    check(name)
    pulumi_cli.ready(name)
    file = write(name)
    stacks.open_stack(name)
    print(f"Made {file.name}, with ports and a password of its own. Edit it, commit it, and then:")
    print(f"make up STACK={name}")


COMMAND = Command("new-env", new_env, (Option("name", "its name, such as staging"),))


def check(name: str, folder: Path = ROOT) -> None:
    """Raise `CommandError` where an environment cannot have this name, or one has it already."""
    if not environments.NAME.fullmatch(name):
        raise CommandError(
            f"'{name}' cannot be the name of an environment: use small letters, digits and '-', "
            "as in make new-env NAME=staging"
        )
    for problem in contradictions.stack_name(name):
        raise CommandError(f"the name {problem.text}")
    if name in environments.names(folder):
        raise CommandError(f"there is an environment '{name}' already: edit Pulumi.{name}.yaml")


def write(name: str, folder: Path = ROOT) -> Path:
    """Write the file of a new environment, with ports that no other file has.

    Raises `CommandError` where another file cannot be read.
    """
    file = folder / f"Pulumi.{name}.yaml"
    distance = _distance(folder)
    grafana, prometheus = Grafana().port + distance, Prometheus().port + distance
    file.write_text(_FILE.format(name=name, grafana=grafana, prometheus=prometheus))
    return file


def _distance(folder: Path) -> int:
    """Return how far the ports must be from the defaults, which at least one environment has."""
    defaults = {Grafana().port, Prometheus().port}
    taken = set(defaults)
    for name in environments.names(folder):
        values = environments.settings(name, folder)
        services = [values.get(f"monitoring:{service}") for service in ("grafana", "prometheus")]
        ports = [str(each.get("port")) for each in services if isinstance(each, dict)]
        taken |= {int(port) for port in ports if port.isdecimal()}
    distance = 0
    while {port + distance for port in defaults} & taken:
        distance += 1
    return distance
