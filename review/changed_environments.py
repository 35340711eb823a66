"""Which environments a change concerns, of those that GitHub's workflows look after."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from bootstrap.paths import ROOT
from bootstrap.programs import ask
from bootstrap.progress import CommandError, note
from operate import environments
from setup.command import Command, Option

SHARED = ("stack/", "configs/", "__main__.py", "Pulumi.yaml", "requirements.txt")
"""What every environment is made of."""


def show(base: str, head: str, *, backups: bool = False) -> None:
    """Print the environments on servers that differ from a commit, as JSON for a workflow."""
    found = changed(base, head)
    print(json.dumps(backed_up(found) if backups else found))


COMMAND = Command(
    "environments",
    show,
    (
        Option("base", "the commit that is compared with; without it all differ", ""),
        Option("head", "the commit that is compared (default: HEAD)", "HEAD"),
        Option("backups", "only those whose backups go to an object store", default=False),
    ),
)


def changed(base: str, head: str, folder: Path = ROOT) -> list[str]:
    """Return the environments on servers that differ between two commits; all without a `base`.

    A base that is not there, as after a forced push, may differ in anything.
    """
    everywhere = on_servers(folder)
    if not base:
        return everywhere
    answer = ask("git", "-C", folder, "diff", "--name-only", "--no-renames", base, head, "--")
    if not answer.ok:
        note(f"{base} cannot be compared with: {answer.complaint}")
        return everywhere
    files = answer.output.splitlines()
    if any(file.startswith(SHARED) for file in files):
        return everywhere
    return [name for name in everywhere if f"Pulumi.{name}.yaml" in files]


def backed_up(names: Iterable[str], folder: Path = ROOT) -> list[str]:
    """Return those of the environments whose backups go to an object store."""
    return [name for name in names if environments.backups(name, folder)]


def on_servers(folder: Path = ROOT) -> list[str]:
    """Return the environments whose file names a Docker host: others are on somebody's machine.

    Raises `CommandError` for a file whose name could not be given to a shell, or that cannot be
    read.
    """
    names = environments.names(folder)
    for name in names:
        if not environments.NAME.fullmatch(name):
            raise CommandError(f"Pulumi.{name}.yaml is not an environment's file: rename it")
    return [name for name in names if environments.docker_host(name, folder)]
