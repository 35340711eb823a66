"""The Pulumi CLI with the Docker provider: the user's, the official release, or built here."""

from __future__ import annotations

import os
import pwd
import shutil
from importlib import metadata
from pathlib import Path

from bootstrap.paths import BIN, VENV
from bootstrap.programs import ask
from bootstrap.progress import CommandError, note, step
from setup import image_pull, local_builds, official_releases
from setup.command import STACK, Command
from setup.local_builds import Policy
from setup.versions import parse_version

PROVIDER = "pulumi-resource-docker"
MINIMUM = parse_version(official_releases.PULUMI_VERSION)


def environment() -> dict[str, str]:
    """Return the environment in which `pulumi` and the project's other programs are found."""
    path = os.pathsep.join([str(BIN), str(VENV / "bin"), path_without_ours()])
    # A database that keeps the state, and is silent, would be waited for two minutes.
    patience = os.environ.get("PGCONNECT_TIMEOUT", "10")
    return dict(os.environ, PATH=path, PULUMI_SKIP_UPDATE_CHECK="1", PGCONNECT_TIMEOUT=patience)


def path_without_ours() -> str:
    """Return the PATH without the project's own folders, which `make env` may have put there."""
    ours = {str(BIN), str(VENV / "bin")}
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(part for part in parts if part not in ours)


def version(program: Path) -> tuple[int, ...]:
    """Return the version of a Pulumi CLI; empty where it does not run."""
    answer = ask(program, "version", env=dict(os.environ, PULUMI_SKIP_UPDATE_CHECK="1"))
    return parse_version(answer.output) if answer.ok else ()


def ready(stack: str) -> None:
    """Ensure a Pulumi CLI, its Python language host and the Docker provider, for a stack.

    A job on GitHub does so in a step that is given no secret. Raises `CommandError`.
    """
    with step("Pulumi") as this:
        policy = local_builds.policy(stack)
        origin = choose(policy)
        shown = ".".join(map(str, version(found())))
        this.outcome = f"{shown}, {origin}; {provider(policy)}"


COMMAND = Command("tools", ready, (STACK,))


def found() -> Path:
    """Return the CLI that `environment` leads to."""
    program = shutil.which("pulumi", path=environment()["PATH"])
    if program is None:
        raise CommandError("Pulumi is not set up: run `make prepare`.")
    return Path(program)


def choose(policy: Policy) -> str:
    """Put the best CLI within reach and say where it is from.

    Where one that was built here is in use, a download is tried again each time.
    """
    users = shutil.which("pulumi", path=path_without_ours())
    if users and version(Path(users)) >= MINIMUM:
        for name in official_releases.NEEDED:
            (BIN / name).unlink(missing_ok=True)
        return f"the one on your PATH ({users})"
    ours = BIN / "pulumi"
    if not ours.is_symlink() and version(ours) >= MINIMUM:  # a link leads to a build
        return "official release in .tools/bin"
    if policy is not Policy.ALWAYS:
        try:
            official_releases.pulumi(BIN)
        except official_releases.UnreachableError as error:
            what = f"Pulumi {official_releases.PULUMI_VERSION}"
            local_builds.check_allowed(what, str(error), policy)
        else:
            return "official release, downloaded to .tools/bin"
    link(local_builds.pulumi())
    return f"{local_builds.ORIGIN} from Go modules"


def provider(policy: Policy) -> str:
    """Ensure the Docker provider, for which `pulumi up` then needs no download; say its origin."""
    built_here = f"Docker provider {local_builds.ORIGIN}"
    # The CLI was built because nothing can be downloaded, and its provider came with it.
    if (BIN / PROVIDER).exists() and ((BIN / "pulumi").is_symlink() or policy is Policy.ALWAYS):
        return built_here
    # The provider and its Python package have the same versions.
    wanted = metadata.version("pulumi-docker")
    if not (pulumi_home() / "plugins" / f"resource-docker-v{wanted}").is_dir():
        what = f"the Docker provider {wanted}"
        note(f"downloading {what}")
        install = (found(), "plugin", "install", "resource", "docker", f"v{wanted}")
        answer = ask(*install, env=environment(), seconds=300)
        if not answer.ok:
            if not image_pull.is_out_of_reach(answer.errors):
                raise CommandError(f"{what} cannot be downloaded: {answer.complaint}")
            local_builds.check_allowed(what, answer.complaint, policy)
            link(local_builds.pulumi(), PROVIDER)
            return built_here
    (BIN / PROVIDER).unlink(missing_ok=True)
    return f"Docker provider {wanted}"


def link(folder: Path, pattern: str = "*") -> None:
    """Point `.tools/bin` to programs of a folder."""
    BIN.mkdir(parents=True, exist_ok=True)
    for program in folder.glob(pattern):
        ours = BIN / program.name
        if ours.is_symlink() and ours.readlink() == program:
            continue  # another shell may be using it
        ours.unlink(missing_ok=True)
        ours.symlink_to(program)


def pulumi_home() -> Path:
    """Return Pulumi's own folder, with its plugins; it asks the system for it, not $HOME."""
    home = pwd.getpwuid(os.getuid()).pw_dir
    return Path(os.environ.get("PULUMI_HOME") or Path(home) / ".pulumi")
