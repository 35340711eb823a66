"""Which environments a change concerns, of those that GitHub's workflows look after."""

from __future__ import annotations

import json
from pathlib import Path

from prepare import environments
from prepare.commands import ask
from prepare.places import ROOT
from prepare.progress import SetupError, note

SHARED = ("stack/", "configs/", "__main__.py", "Pulumi.yaml", "requirements.txt")
"""What every environment is made of."""


def show(base: str, head: str) -> None:
    """Print the environments that are touched, as JSON for a workflow's matrix."""
    print(json.dumps(touched(base, head)))


def touched(base: str, head: str, folder: Path = ROOT) -> list[str]:
    """The environments on servers that differ between two commits; all where there is no `base`.

    A base that is not there, as after a forced push, may differ in anything.
    """
    everywhere = on_servers(folder)
    if not base:
        return everywhere
    changed = ask("git", "-C", folder, "diff", "--name-only", "--no-renames", base, head, "--")
    if not changed.ok:
        note(f"{base} cannot be compared with: {changed.complaint}")
        return everywhere
    files = changed.output.splitlines()
    if any(file.startswith(SHARED) for file in files):
        return everywhere
    return [name for name in everywhere if f"Pulumi.{name}.yaml" in files]


def on_servers(folder: Path = ROOT) -> list[str]:
    """The environments whose file names a Docker host: the others are on a person's own machine.

    Raises `SetupError` for a file whose name could not be given to a shell, or that cannot be read.
    """
    names = environments.names(folder)
    for name in names:
        if not environments.NAME.fullmatch(name):
            raise SetupError(f"Pulumi.{name}.yaml is no environment's file: rename it")
    return [name for name in names if environments.docker_host(name, folder)]
