"""Docker Compose: the user's, the official release, or built here."""

from __future__ import annotations

from bootstrap.paths import BIN
from bootstrap.programs import ask
from bootstrap.progress import step
from setup import local_builds, official_releases, pulumi_cli
from setup.local_builds import Policy

USERS = ("docker", "compose")
OURS = BIN / "docker-compose"
"""Called by its path: the client's folder of plugins is the user's."""


def ready(policy: Policy) -> None:
    """Ensure that Docker Compose is there. Raises `CommandError`."""
    with step("Docker Compose") as this:
        this.outcome = choose(policy)


def command() -> tuple[str, ...]:
    """Return the command that runs Docker Compose, once `ready` has ensured that it is there."""
    return USERS if ask(*USERS, "version").ok else (str(OURS),)


def choose(policy: Policy) -> str:
    """Put Docker Compose within reach of `command` and say where it is from."""
    if ask(*USERS, "version").ok:
        return "the one of your Docker client"
    if not OURS.is_symlink() and ask(OURS, "version").ok:  # a link leads to a build
        return "official release in .tools/bin"
    if policy is not Policy.ALWAYS:
        try:
            official_releases.compose(OURS)
        except official_releases.UnreachableError as error:
            local_builds.check_allowed("Docker Compose", str(error), policy)
        else:
            return "official release, downloaded to .tools/bin"
    pulumi_cli.link(local_builds.compose().parent)
    return f"{local_builds.ORIGIN} from Go modules"
