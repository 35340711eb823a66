"""Debian's and Ubuntu's packages, for root on such a machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prepare.commands import ask, finish
from prepare.progress import SetupError, note

OS_RELEASE = Path("/etc/os-release")
POLICY = Path("/usr/sbin/policy-rc.d")
"""Where Debian's packages ask whether they may start their services."""


def here(os_release: Path = OS_RELEASE) -> bool:
    """Whether this is Debian, Ubuntu or one of their descendants."""
    try:
        text = os_release.read_text()
    except OSError:
        return False
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    families = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    return bool({"debian", "ubuntu"} & set(families))


def may_install() -> bool:
    """Whether packages can be installed without asking anybody: root, on Debian or Ubuntu."""
    return os.geteuid() == 0 and here()


def extend_path() -> None:
    """Let system programs be found, too: not every root has their folders on the PATH."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    missing = [folder for folder in ("/usr/sbin", "/sbin") if folder not in folders]
    os.environ["PATH"] = os.pathsep.join([*folders, *missing])


def install(*packages: str, if_offered: str = "") -> None:
    """Install packages without their recommendations, saying so. Raises `SetupError`.

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
    # The download may be cut off, what dpkg does with it not.
    answer = ask(*command, "--download-only", env=env, seconds=900)
    if answer.ok:
        answer = finish(*command, env=env)
    if not answer.ok:
        raise SetupError(
            f"{' '.join(command)} failed ({answer.complaint}): run it to see the whole, and mend "
            "what it tells."
        )


def have_ssh_server() -> None:
    """Have what the engine tests make a server with; its service stays off, its port closed.

    A server's own sshd is left as it is. Where packages cannot be installed, the test that needs
    it tells so itself.
    """
    programs = {"sshd": "openssh-server", "ip": "iproute2"}
    missing = [package for program, package in programs.items() if not shutil.which(program)]
    if not missing or not may_install():
        return
    there_before = installed(programs["sshd"])
    with services_off():
        install(*missing)
    if not there_before and installed(programs["sshd"]):
        # The policy holds for now, this for the machine's next start.
        ask("systemctl", "disable", "ssh.service", "ssh.socket")


def installed(package: str) -> bool:
    """Whether dpkg knows a package as installed."""
    answer = ask("dpkg-query", "--show", "--showformat", "${db:Status-Status}", package)
    return answer.output == "installed"


@contextmanager
def services_off(policy: Path = POLICY) -> Iterator[None]:
    """Let packages that are installed meanwhile start no service (Debian's policy-rc.d)."""
    if policy.exists():
        yield
        return
    # Left behind by a process that was killed, it forbids nothing any more.
    policy.write_text(f"#!/bin/sh\nkill -0 {os.getpid()} 2>/dev/null && exit 101\nexit 0\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()
