"""The Pulumi CLI with the Docker provider: the user's, the official release, or the lab's build."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from prepare import download, golang, lab_use, registry
from prepare.commands import ask
from prepare.lab_use import Lab
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


def ready(stack: str) -> None:
    """Have a Pulumi CLI, its Python language host and the Docker provider, for a stack.

    Raises `SetupError`.
    """
    with step("Pulumi") as this:
        lab = lab_use.chosen(stack)
        origin = choose(lab)
        shown = ".".join(map(str, version(found())))
        this.outcome = f"{shown}, {origin}; {provider(lab)}"


def found() -> Path:
    """The CLI that `environment` leads to."""
    program = shutil.which("pulumi", path=environment()["PATH"])
    if program is None:
        raise SetupError("Pulumi is not set up: run `make prepare`.")
    return Path(program)


def choose(lab: Lab) -> str:
    """Put the best CLI within reach and say where it is from.

    Where the lab's build is in use, a download is tried again each time.
    """
    users = shutil.which("pulumi", path=path_without_ours())
    if users and version(Path(users)) >= MINIMUM:
        for name in download.NEEDED:
            (BIN / name).unlink(missing_ok=True)
        return f"the one on your PATH ({users})"
    ours = BIN / "pulumi"
    if not ours.is_symlink() and version(ours) >= MINIMUM:  # a link leads to the lab's build
        return "official release in .tools/bin"
    if lab is not Lab.ALWAYS:
        try:
            download.official(BIN)
        except download.UnreachableError as error:
            _must_step_in(lab, f"Pulumi {download.VERSION}", str(error))
        else:
            return "official release, downloaded to .tools/bin"
    link(golang.tools())
    return "built by lab/ from Go modules"


def provider(lab: Lab) -> str:
    """Have the Docker provider, so that `pulumi up` needs no download, and say where it is from."""
    from_lab = "Docker provider built by lab/"
    # The lab's CLI is there because nothing can be downloaded, and its provider came with it.
    if (BIN / PROVIDER).exists() and ((BIN / "pulumi").is_symlink() or lab is Lab.ALWAYS):
        return from_lab
    wanted = provider_version((ROOT / "requirements.txt").read_text())
    if not (pulumi_home() / "plugins" / f"resource-docker-v{wanted}").is_dir():
        what = f"the Docker provider {wanted}"
        note(f"downloading {what}")
        install = (found(), "plugin", "install", "resource", "docker", f"v{wanted}")
        answer = ask(*install, env=environment(), seconds=300)
        if not answer.ok:
            if not registry.is_out_of_reach(answer.errors):
                raise SetupError(f"{what} cannot be downloaded: {answer.complaint}")
            _must_step_in(lab, what, answer.complaint)
            link(golang.tools(), PROVIDER)
            return from_lab
    (BIN / PROVIDER).unlink(missing_ok=True)
    return f"Docker provider {wanted}"


def _must_step_in(lab: Lab, what: str, why: str) -> None:
    """Raise `SetupError` where the lab may not take the place of what cannot be downloaded."""
    if lab is not Lab.UNREACHABLE:
        raise lab_use.refusal(what, why)
    note(f"no download ({why})")
    if not (BIN / PROVIDER).is_symlink():
        note("taking lab/'s build from Go modules instead (10 minutes, unless cached)")


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
