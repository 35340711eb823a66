"""Docker Compose: the user's, the official release, or the lab's build."""

from __future__ import annotations

from prepare import download, golang, lab_use, pulumi_cli
from prepare.commands import ask
from prepare.lab_use import Lab
from prepare.places import BIN
from prepare.progress import note, step

USERS = ("docker", "compose")
OURS = BIN / "docker-compose"
"""Called by its path: the client's folder of plugins is the user's."""


def ready(lab: Lab) -> None:
    """Ensure that Docker Compose is there. Raises `SetupError`."""
    with step("Docker Compose") as this:
        this.outcome = choose(lab)


def command() -> tuple[str, ...]:
    """Return the command that runs Docker Compose, once `ready` has ensured that it is there."""
    return USERS if ask(*USERS, "version").ok else (str(OURS),)


def choose(lab: Lab) -> str:
    """Put Docker Compose within reach of `command` and say where it is from."""
    if ask(*USERS, "version").ok:
        return "the one of your Docker client"
    if not OURS.is_symlink() and ask(OURS, "version").ok:  # a link leads to the lab's build
        return "official release in .tools/bin"
    if lab is not Lab.ALWAYS:
        try:
            download.compose(OURS)
        except download.UnreachableError as error:
            if lab is not Lab.UNREACHABLE:
                raise lab_use.refusal("Docker Compose", str(error)) from error
            note(f"no download ({error})")
        else:
            return "official release, downloaded to .tools/bin"
    pulumi_cli.link(golang.compose().parent)
    return "built by lab/ from Go modules"
