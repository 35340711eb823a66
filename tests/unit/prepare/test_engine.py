"""The Docker engine."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prepare import (
    debian,
    engine,
)
from prepare.engine import Action, Facts
from prepare.progress import SetupError
from tests.unit.prepare.conftest import fake


def test_an_engine_that_answers_is_used() -> None:
    assert engine.decide(Facts(client=True, answers=True)) is Action.USE


@pytest.mark.parametrize(
    ("client", "daemon", "action"),
    [
        (False, False, Action.INSTALL),
        (True, False, Action.INSTALL),  # a client alone, without its engine
        (True, True, Action.START),
    ],
)
def test_root_on_debian_gets_an_engine(client: bool, daemon: bool, action: Action) -> None:
    facts = Facts(client=client, answers=False, daemon=daemon, root_on_debian=True)
    assert engine.decide(facts) is action


@pytest.mark.parametrize(
    ("facts", "way_out"),
    [
        (Facts(client=False, answers=False), "install"),
        (Facts(client=True, answers=False, complaint="Permission denied"), "usermod"),
        (Facts(client=True, answers=False, complaint="no such file"), "systemctl start docker"),
        (
            Facts(client=True, answers=False, host="ssh://ops@host", root_on_debian=True),
            "ssh ops@host docker version",
        ),
        (
            Facts(
                client=True,
                answers=False,
                host="ssh://ops@host",
                complaint="stderr=Host key verification failed.\n",
            ),
            "ssh-keyscan host",
        ),
        (Facts(client=True, answers=False, host="tcp://host:2375"), "DOCKER_HOST"),
    ],
)
def test_without_an_engine_the_way_out_is_named(facts: Facts, way_out: str) -> None:
    with pytest.raises(SetupError, match=way_out):
        engine.decide(facts)


@pytest.mark.parametrize("host", ["ssh://ops@host", "tcp://host:2375"])
def test_for_an_engine_elsewhere_none_is_installed_here(host: str) -> None:
    facts = Facts(client=False, answers=False, host=host, root_on_debian=True)
    with pytest.raises(SetupError, match="no engine is needed here"):
        engine.decide(facts)


def test_the_engine_of_the_clients_context_is_found(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    answers = '[ "$1" = context ] && echo unix:///rootless.sock; [ "$3" = version ] && echo 28.0.1'
    fake(on_path, "docker", answers)
    facts, version = engine.look(None)
    assert (facts.host, version, facts.answers) == ("unix:///rootless.sock", "28.0.1", True)


def test_a_client_without_an_engine_is_seen_with_its_complaint(on_path: Path) -> None:
    fake(on_path, "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    facts, _ = engine.look(None)
    assert (facts.client, facts.answers) == (True, False)
    assert facts.complaint == "Cannot connect to the Docker daemon"


@pytest.mark.parametrize(
    ("process", "kept"), [("dockerd", True), ("containerd", True), ("cron", False), (None, False)]
)
def test_only_a_dead_daemons_pid_file_is_removed(
    tmp_path: Path,
    process: str | None,
    kept: bool,
) -> None:
    pid_file = tmp_path / "docker.pid"
    pid_file.write_text("4711\n")
    if process:
        (tmp_path / "proc" / "4711").mkdir(parents=True)
        (tmp_path / "proc" / "4711" / "comm").write_text(f"{process}\n")
    engine.remove_if_stale(pid_file, tmp_path / "proc")
    assert pid_file.exists() is kept


def test_a_daemon_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    daemon = fake(tmp_path, "dockerd", "echo 'iptables not found' >&2; exit 1")
    with pytest.raises(SetupError, match="iptables not found"):
        engine.start_daemon(
            [str(daemon)], f"unix://{tmp_path}/none", tmp_path / "log", tmp_path / "pid"
        )


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("ID=debian\n", True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ("ID=fedora", False),
    ],
)
def test_debian_and_its_descendants_are_known(
    tmp_path: Path,
    release: str,
    expected: bool,
) -> None:
    (tmp_path / "os-release").write_text(release)
    assert debian.here(tmp_path / "os-release") is expected


def test_a_package_for_the_tests_starts_no_service(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with debian.services_off(policy):
        assert subprocess.run([policy, "ssh", "start"], check=False).returncode == 101
    assert not policy.exists()


def test_a_policy_left_behind_by_a_killed_process_forbids_nothing(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    killed = f"""
import os, pathlib
from prepare import debian
with debian.services_off(pathlib.Path({str(policy)!r})):
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", killed], check=False)
    assert subprocess.run([policy, "ssh", "start"], check=False).returncode == 0


def test_a_policy_of_the_machines_own_is_left_alone(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("its own")
    with debian.services_off(policy):
        pass
    assert policy.read_text() == "its own"


@pytest.fixture
def debian_root(on_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian on which packages may be installed; what its programs are told is in `told`."""
    monkeypatch.setattr(debian, "may_install", lambda: True)
    monkeypatch.setattr(debian, "services_off", contextlib.nullcontext)
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
    debian.have_ssh_server()
    assert "iproute2" in told(debian_root)
    assert "openssh-server" not in told(debian_root)
    assert "systemctl" not in told(debian_root)


def test_an_sshd_that_was_there_but_is_not_found_stays_on(debian_root: Path) -> None:
    packages(debian_root, "installed", "installed")
    debian.have_ssh_server()
    assert "systemctl" not in told(debian_root)


def test_an_sshd_that_the_tests_bring_stays_off(debian_root: Path) -> None:
    packages(debian_root, "", "installed")
    debian.have_ssh_server()
    assert "systemctl disable ssh.service ssh.socket" in told(debian_root)


def test_system_programs_are_found_where_the_path_lacks_their_folders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/sbin")
    debian.extend_path()
    assert os.environ["PATH"] == "/usr/bin:/sbin:/usr/sbin"


def test_a_package_is_never_removed_for_another(debian_root: Path) -> None:
    debian.install("docker.io")
    install = [line for line in told(debian_root).splitlines() if "docker.io" in line]
    assert all("--no-remove" in line for line in install)
    assert ["--download-only" in line for line in install] == [True, False]


def test_ctrl_c_waits_for_what_must_not_be_cut_off(tmp_path: Path) -> None:
    script = "touch started; sleep 1; touch done"
    code = f"from prepare import commands; commands.finish('sh', '-c', 'cd {tmp_path}; {script}')"
    with subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        started = time.monotonic()
        while not (tmp_path / "started").exists():
            assert time.monotonic() < started + 10
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate()
    assert (tmp_path / "done").exists()
    assert "must not be cut off" in errors
    assert "KeyboardInterrupt" in errors
