"""The environments that there are, each a file `Pulumi.<name>.yaml`, and new ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from prepare.places import ROOT
from prepare.progress import SetupError

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
DOCKER_HOST = "monitoring:dockerHost"
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


def settings(name: str, folder: Path = ROOT) -> dict[str, Any]:
    """What an environment's file sets, by full key; a secret is a mapping with its cipher text.

    Raises `SetupError` where the file cannot be read.
    """
    found = read(folder / f"Pulumi.{name}.yaml").get("config") or {}
    # Pulumi also knows a longer spelling.
    return {str(key).replace(":config:", ":"): value for key, value in found.items()}


def docker_host(name: str, folder: Path = ROOT) -> str:
    """The Docker host that an environment's file names; empty where it names none.

    Raises `SetupError` where it cannot be read.
    """
    host = settings(name, folder).get(DOCKER_HOST) or ""
    if not isinstance(host, str):
        raise SetupError(
            f"{DOCKER_HOST} in Pulumi.{name}.yaml is no text that can be read without the "
            f"passphrase: run `pulumi config set {DOCKER_HOST} ssh://… --stack {name}`"
        )
    return host


def read(file: Path) -> dict[str, Any]:
    """The content of one of Pulumi's YAML files. Raises `SetupError`."""
    import yaml  # noqa: PLC0415 - in .venv, which some commands only make

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SetupError(f"{file.name} is no YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("config") or {}, dict):
        raise SetupError(f"{file.name} is none of Pulumi's files: it, and `config` in it, map keys")
    return content


def write(name: str, folder: Path = ROOT) -> Path:
    """Write the file of a new environment, with ports that no other file has.

    Raises `SetupError` where the name is none, or is taken, or where another file cannot be read.
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
    taken = {_GRAFANA, _PROMETHEUS}
    for name in names(folder):
        values = settings(name, folder)
        services = [values.get(f"monitoring:{service}") for service in ("grafana", "prometheus")]
        ports = [str(each.get("port")) for each in services if isinstance(each, dict)]
        taken |= {int(port) for port in ports if port.isdecimal()}
    distance = 0
    while {_GRAFANA + distance, _PROMETHEUS + distance} & taken:
        distance += 1
    return distance
