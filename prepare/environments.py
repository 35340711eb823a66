"""The environments that there are, each a file `Pulumi.<name>.yaml`, and new ones."""

from __future__ import annotations

import re
from pathlib import Path

from prepare.places import ROOT
from prepare.progress import SetupError

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PORT = re.compile(r"^\s*port:\s*['\"]?(\d+)", re.MULTILINE)
_GRAFANA, _PROMETHEUS = 3000, 9090

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


def names(folder: Path = ROOT) -> list[str]:
    """The environments that have a file, sorted."""
    return sorted(file.name.split(".")[1] for file in folder.glob("Pulumi.*.yaml"))


def must_exist(name: str, folder: Path = ROOT) -> None:
    """Raise `SetupError` where there is no such environment."""
    known = names(folder)
    if name not in known:
        raise SetupError(
            f"there is no environment '{name}', only {', '.join(known)}. To make it: "
            f"make new-env NAME={name}"
        )


def write(name: str, folder: Path = ROOT) -> Path:
    """Write the file of a new environment, with ports that no other file has.

    Raises `SetupError` where the name is none, or is taken.
    """
    if not NAME.fullmatch(name):
        raise SetupError(
            f"'{name}' is no name for an environment: small letters, digits and '-', "
            "as in make new-env NAME=staging"
        )
    file = folder / f"Pulumi.{name}.yaml"
    if file.exists():
        raise SetupError(f"there is an environment '{name}' already: edit {file.name}")
    distance = _distance(folder)
    ports = {"grafana": _GRAFANA + distance, "prometheus": _PROMETHEUS + distance}
    file.write_text(_FILE.format(name=name, **ports))
    return file


def _distance(folder: Path) -> int:
    """How far the ports must be from the default ones, which at least one environment has."""
    files = [file.read_text() for file in folder.glob("Pulumi.*.yaml")]
    taken = {int(port) for text in files for port in _PORT.findall(text)}
    taken |= {_GRAFANA, _PROMETHEUS}
    distance = 0
    while {_GRAFANA + distance, _PROMETHEUS + distance} & taken:
        distance += 1
    return distance
