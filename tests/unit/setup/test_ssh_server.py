"""The ssh server of the engine tests, which stays off."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import debian
from setup import ssh_server
from tests.unit.programs import fake


def test_a_package_for_the_tests_starts_no_service(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with ssh_server.services_off(policy):
        assert subprocess.run([policy, "ssh", "start"], check=False).returncode == 101
    assert not policy.exists()


def test_a_policy_left_behind_by_a_killed_process_forbids_nothing(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    killed = f"""
import os, pathlib
from setup import ssh_server
with ssh_server.services_off(pathlib.Path({str(policy)!r})):
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", killed], check=False)
    assert subprocess.run([policy, "ssh", "start"], check=False).returncode == 0


def test_a_policy_of_the_machines_own_is_left_alone(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("its own")
    with ssh_server.services_off(policy):
        pass
    assert policy.read_text() == "its own"


@pytest.fixture
def debian_root(on_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian on which packages may be installed; what its programs are told is in `told`."""
    monkeypatch.setattr(debian, "may_install", lambda: True)
    monkeypatch.setattr(ssh_server, "services_off", contextlib.nullcontext)
    for name in ("apt-get", "systemctl"):
        fake(on_path, name, f'echo {name} "$*" >> "{on_path}/told"')
    return on_path


def packages(folder: Path, before: str, after: str) -> None:
    """A dpkg that says this of a package before, and after, apt-get has run."""
    script = f'if [ -e {folder}/told ]; then printf "{after}"; else printf "{before}"; fi'
    fake(folder, "dpkg-query", script)


def told(folder: Path) -> str:
    """What the programs were told."""
    return (folder / "told").read_text()


def test_an_sshd_that_was_there_stays_on_where_only_ip_is_missing(debian_root: Path) -> None:
    fake(debian_root, "sshd", "exit")
    packages(debian_root, "installed", "installed")
    ssh_server.ready()
    assert "iproute2" in told(debian_root)
    assert "openssh-server" not in told(debian_root)
    assert "systemctl" not in told(debian_root)


def test_an_sshd_that_was_there_but_is_not_found_stays_on(debian_root: Path) -> None:
    packages(debian_root, "installed", "installed")
    ssh_server.ready()
    assert "systemctl" not in told(debian_root)


def test_an_sshd_that_the_tests_bring_stays_off(debian_root: Path) -> None:
    packages(debian_root, "", "installed")
    ssh_server.ready()
    assert "systemctl disable ssh.service ssh.socket" in told(debian_root)
