"""The ssh server that the engine tests make a Docker host with; its own service stays off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap import debian
from bootstrap.programs import ask

POLICY = Path("/usr/sbin/policy-rc.d")
"""Where Debian's packages ask whether they may start their services."""


def ready() -> None:
    """Ensure the programs of a server; no service of it is started, no port opened.

    A server's own sshd is left as it is. Where packages cannot be installed, the test that needs
    it says so itself.
    """
    programs = {"sshd": "openssh-server", "ip": "iproute2"}
    missing = [package for program, package in programs.items() if not shutil.which(program)]
    if not missing or not debian.may_install():
        return
    there_before = installed(programs["sshd"])
    with services_off():
        debian.install(*missing)
    if not there_before and installed(programs["sshd"]):
        # The policy holds for now, this for the machine's next start.
        ask("systemctl", "disable", "ssh.service", "ssh.socket")


def installed(package: str) -> bool:
    """Return whether dpkg knows a package as installed."""
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
