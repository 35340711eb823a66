"""The environments that there are, each a file `Pulumi.<name>.yaml`, and what these files say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from bootstrap.paths import ROOT
from bootstrap.progress import CommandError
from stack.settings import docker_host as docker_hosts

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
DOCKER_HOST = docker_hosts.SETTING
BACKUPS = "monitoring:backups"
PASSWORD = "monitoring:grafanaAdminPassword"  # noqa: S105 - the setting's name


def names(folder: Path = ROOT) -> list[str]:
    """Return the environments that have a file, sorted."""
    return sorted(file.name.split(".")[1] for file in folder.glob("Pulumi.*.yaml"))


def must_exist(name: str, folder: Path = ROOT) -> None:
    """Raise `CommandError` where there is no such environment."""
    known = names(folder)
    if name not in known:
        raise CommandError(
            f"there is no environment '{name}', only {', '.join(known)}. To make it: "
            f"make new-env NAME={name}"
        )


def settings(name: str, folder: Path = ROOT) -> dict[str, Any]:
    """Return what an environment's file sets, by full key; a secret is a mapping with its cipher.

    Raises `CommandError` where the file cannot be read.
    """
    found = read(folder / f"Pulumi.{name}.yaml").get("config") or {}
    # Pulumi also knows a longer spelling.
    return {str(key).replace(":config:", ":"): value for key, value in found.items()}


def docker_host(name: str, folder: Path = ROOT) -> str:
    """Return the Docker host that an environment's file names; empty where it names none.

    Raises `CommandError` where it cannot be read.
    """
    return _plain(name, DOCKER_HOST, "ssh://…", folder)


def backups(name: str, folder: Path = ROOT) -> str:
    """Return the store of backups that an environment's file names; empty where it names none.

    Raises `CommandError` where it cannot be read.
    """
    return _plain(name, BACKUPS, "s3://…", folder)


def _plain(name: str, key: str, example: str, folder: Path) -> str:
    found = settings(name, folder).get(key) or ""
    if not isinstance(found, str):
        raise CommandError(
            f"{key} in Pulumi.{name}.yaml must be a text that can be read without the "
            f"passphrase: run `pulumi config set {key} {example} --stack {name}`"
        )
    return found


def has_secrets(name: str, folder: Path = ROOT) -> bool:
    """Return whether an environment has a file with secrets, encrypted with some passphrase.

    Raises `CommandError` where the file cannot be read.
    """
    file = folder / f"Pulumi.{name}.yaml"
    return file.exists() and "encryptionsalt" in read(file)


def read(file: Path) -> dict[str, Any]:
    """Return the content of one of Pulumi's YAML files. Raises `CommandError`."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise CommandError(f"{file.name} is not valid YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("config") or {}, dict):
        raise CommandError(
            f"{file.name} is not one of Pulumi's files: it, and `config` in it, must map keys"
        )
    return content
