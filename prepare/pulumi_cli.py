"""The Pulumi CLI with the Docker provider: the user's, the official release, or the lab's build."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from prepare import download, golang
from prepare.commands import ask
from prepare.places import BIN, ROOT, VENV, pulumi_home
from prepare.progress import SetupError, note, step
from prepare.versions import parse_version

PROVIDER = "pulumi-resource-docker"


def environment() -> dict[str, str]:
    """The environment in which `pulumi` and the project's other programs are found."""
    path = os.pathsep.join([str(BIN), str(VENV / "bin"), path_without_ours()])
    # A database that keeps the state, and is silent, would be waited for two minutes.
    patience = os.environ.get("PGCONNECT_TIMEOUT", "10")
    return dict(os.environ, PATH=path, PULUMI_SKIP_UPDATE_CHECK="1", PGCONNECT_TIMEOUT=patience)


def path_without_ours() -> str:
    """The PATH without the project's own folders, which `make env` may have put there."""
    ours = {str(BIN), str(VENV / "bin")}
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(part for part in parts if part not in ours)


def version(program: Path) -> tuple[int, ...]:
    """The version of a Pulumi CLI; empty where it does not run."""
    answer = ask(program, "version", env=dict(os.environ, PULUMI_SKIP_UPDATE_CHECK="1"))
    return parse_version(answer.output) if answer.ok else ()


MINIMUM = parse_version(download.VERSION)


def ready() -> None:
    """Have a Pulumi CLI, its Python language host and the Docker provider. Raises `SetupError`."""
    with step("Pulumi") as this:
        origin = choose()
        shown = ".".join(map(str, version(found())))
        this.outcome = f"{shown}, {origin}; {provider()}"


def found() -> Path:
    """The CLI that `environment` leads to."""
    program = shutil.which("pulumi", path=environment()["PATH"])
    if program is None:
        raise SetupError("Pulumi is not set up: run `make prepare`.")
    return Path(program)


def choose() -> str:
    """Put the best CLI within reach and say where it is from."""
    users = shutil.which("pulumi", path=path_without_ours())
    if users and version(Path(users)) >= MINIMUM:
        for name in download.NEEDED:
            (BIN / name).unlink(missing_ok=True)
        return f"the one on your PATH ({users})"
    ours = BIN / "pulumi"
    if not ours.is_symlink():  # a link leads to the lab's build
        if version(ours) >= MINIMUM:
            return "official release in .tools/bin"
        try:
            download.official(BIN)
        except download.UnreachableError as error:
            note(f"no download ({error})")
            note("taking lab/'s build from Go modules instead (10 minutes, unless cached)")
        else:
            return "official release, downloaded to .tools/bin"
    link(golang.tools())
    return "built by lab/ from Go modules"


def provider() -> str:
    """Have the Docker provider, so that `pulumi up` needs no download, and say where it is from."""
    if (BIN / PROVIDER).exists():
        return "Docker provider built by lab/"
    wanted = provider_version((ROOT / "requirements.txt").read_text())
    if not (pulumi_home() / "plugins" / f"resource-docker-v{wanted}").is_dir():
        note(f"downloading the Docker provider {wanted}")
        install = (found(), "plugin", "install", "resource", "docker", f"v{wanted}")
        answer = ask(*install, env=environment(), seconds=300)
        if not answer.ok:
            note(f"no download ({answer.complaint})")
            note("taking lab/'s build from Go modules instead (10 minutes, unless cached)")
            link(golang.tools(), PROVIDER)
            return "Docker provider built by lab/"
    return f"Docker provider {wanted}"


def provider_version(requirements: str) -> str:
    """The version that belongs to the SDK that requirements.txt pins: they are the same."""
    pinned = re.search(r"^pulumi[-_]docker==(\S+)", requirements, re.MULTILINE)
    if pinned is None:
        raise SetupError(
            "requirements.txt does not pin pulumi-docker: write `pulumi-docker==5.2.0`."
        )
    return pinned[1]


def link(folder: Path, pattern: str = "*") -> None:
    """Point `.tools/bin` to programs of a folder of the lab's."""
    BIN.mkdir(parents=True, exist_ok=True)
    for program in folder.glob(pattern):
        ours = BIN / program.name
        if ours.is_symlink() and ours.readlink() == program:
            continue  # another shell may be using it
        ours.unlink(missing_ok=True)
        ours.symlink_to(program)
