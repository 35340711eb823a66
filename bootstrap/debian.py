"""Debian's and Ubuntu's packages, for root on such a machine."""

from __future__ import annotations

import os
from pathlib import Path

from bootstrap.programs import ask, finish
from bootstrap.progress import CommandError, note

OS_RELEASE = Path("/etc/os-release")


def here(os_release: Path = OS_RELEASE) -> bool:
    """Return whether this is Debian, Ubuntu or one of their descendants."""
    try:
        text = os_release.read_text()
    except OSError:
        return False
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    families = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    return bool({"debian", "ubuntu"} & set(families))


def may_install() -> bool:
    """Return whether packages can be installed unasked: for root, on Debian or Ubuntu."""
    return os.geteuid() == 0 and here()


def extend_path() -> None:
    """Add the folders of system programs to the PATH, which not every root has there."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    missing = [folder for folder in ("/usr/sbin", "/sbin") if folder not in folders]
    os.environ["PATH"] = os.pathsep.join([*folders, *missing])


def install(*packages: str, if_offered: str = "") -> None:
    """Install packages without their recommendations, saying so. Raises `CommandError`.

    `if_offered` is one more, which only some releases have. No package is removed for it, and no
    service restarted.
    """
    note(f"installing {' '.join(packages)} with apt-get (up to a minute)")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive", NEEDRESTART_SUSPEND="1")
    ask("apt-get", "update", "-qq", env=env, seconds=300)
    if if_offered and ask("apt-cache", "show", if_offered).output.strip():
        packages = (*packages, if_offered)
    options = ("-y", "-qq", "--no-install-recommends", "--no-remove")
    command = ("apt-get", "install", *options, *packages)
    # The download may be interrupted; dpkg must not be.
    answer = ask(*command, "--download-only", env=env, seconds=900)
    if answer.ok:
        answer = finish(*command, env=env)
    if not answer.ok:
        raise CommandError(
            f"{' '.join(command)} failed ({answer.complaint}): run it to see "
            "everything, and fix what it names."
        )
