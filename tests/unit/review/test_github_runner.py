"""What a job gets of an environment on GitHub, and what it is told where something is missing."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from review import github_runner
from tests.unit.programs import calls, recorded

STATE = {"PULUMI_BACKEND_URL": "s3://state", "PULUMI_CONFIG_PASSPHRASE": "open sesame"}
SERVER = {"DOCKER_SSH_KEY": "key", "DOCKER_SSH_KNOWN_HOSTS": "host key"}
FILE = """
config:
  monitoring:dockerHost: ssh://deploy@example.com
  monitoring:grafanaAdminPassword:
    secure: v1:encrypted
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a user's folder, beside a project with environments on servers."""
    for name in ("prod", "staging"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text(FILE)
    (tmp_path / "Pulumi.yaml").write_text("backend:\n  url: file://~\n")
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Path]:
    """Yield the file for variables of later steps; end the agents named in it."""
    file = tmp_path / "job"
    file.touch()
    yield file
    for line in file.read_text().splitlines():
        if line.startswith("SSH_AGENT_PID="):
            os.kill(int(line.partition("=")[2]), signal.SIGTERM)


def ready(home: Path, given: dict[str, str], name: str = "prod") -> None:
    github_runner.ready(name, given, home, home.parent)


def make_key(folder: Path, name: str) -> tuple[str, str]:
    """Make a key; return its private half as somebody pastes it, and its public half."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
    subprocess.run(command, check=True)
    private = (folder / name).read_text().strip().replace("\n", "\r\n")
    (folder / name).unlink()
    return private, (folder / f"{name}.pub").read_text()


def keys_of(job: Path) -> str:
    """Return the public halves of the keys that ssh has in a job's later steps."""
    later = dict(line.split("=", 1) for line in job.read_text().splitlines())
    listing = ["ssh-add", "-L"]
    return subprocess.run(
        listing, env=os.environ | later, check=True, capture_output=True, text=True
    ).stdout


def test_the_key_is_given_to_ssh_and_lies_in_no_file(home: Path, job: Path) -> None:
    private, public = make_key(home.parent, "github")
    given = STATE | SERVER | {"DOCKER_SSH_KEY": private, "GITHUB_ENV": str(job)}
    ready(home, given)
    assert keys_of(job) == public
    secret = private.splitlines()[1]
    assert not [f for f in home.parent.rglob("*") if f.is_file() and secret in f.read_text()]


def test_each_environment_has_its_own_key_on_the_same_runner(home: Path, job: Path) -> None:
    for name in ("prod", "staging"):
        private, public = make_key(home.parent, name)
        given = STATE | SERVER | {"DOCKER_SSH_KEY": private, "GITHUB_ENV": str(job)}
        ready(home, given, name)
        assert keys_of(job) == public


def test_outside_of_github_a_shell_is_told_where_the_key_is(
    home: Path, job: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = make_key(home.parent, "github")
    ready(home, STATE | SERVER | {"DOCKER_SSH_KEY": private})
    job.write_text(capsys.readouterr().out.replace("export ", ""))
    assert keys_of(job) == public


def test_a_key_that_is_none_is_refused_and_not_shown(home: Path) -> None:
    given = STATE | SERVER | {"DOCKER_SSH_KEY": "-----BEGIN\nhidden\nEND-----"}
    with pytest.raises(CommandError, match="DOCKER_SSH_KEY") as said:
        ready(home, given)
    assert "hidden" not in str(said.value)


def test_the_agent_of_a_key_that_is_none_is_ended(
    home: Path, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{on_path}{os.pathsep}{os.defpath}")
    agent = recorded(
        on_path,
        "ssh-agent",
        '[ "$1" = -s ] && printf "%s=%s; export %s;\\n"'
        " SSH_AUTH_SOCK /tmp/agent.1 SSH_AUTH_SOCK SSH_AGENT_PID 42 SSH_AGENT_PID\n"
        '[ "$1" = -k ] && echo "$SSH_AGENT_PID" > "$0.ended"',
    )
    add = recorded(on_path, "ssh-add", "exit 1")
    with pytest.raises(CommandError):
        ready(home, STATE | SERVER | {"DOCKER_SSH_KEY": "no key"})
    assert calls(agent) == [f"-s -t {github_runner.KEY_SECONDS}", "-k"]
    assert agent.with_name("ssh-agent.ended").read_text() == "42\n"
    assert calls(add) == ["-q -"]


def test_only_the_user_reads_which_hosts_are_known(home: Path, job: Path) -> None:
    private, _ = make_key(home.parent, "github")
    ready(home, STATE | SERVER | {"DOCKER_SSH_KEY": private, "GITHUB_ENV": str(job)})
    assert (home / ".ssh").stat().st_mode & 0o777 == 0o700
    assert (home / ".ssh/known_hosts").read_text() == "host key\n"


def test_what_a_runner_knows_already_is_left_and_not_written_twice(home: Path, job: Path) -> None:
    hosts = home / ".ssh/known_hosts"
    hosts.parent.mkdir()
    hosts.write_text("another host\n")
    private, _ = make_key(home.parent, "github")
    for _ in range(2):
        ready(home, STATE | SERVER | {"DOCKER_SSH_KEY": private, "GITHUB_ENV": str(job)})
    assert hosts.read_text() == "another host\nhost key\n"
    assert hosts.stat().st_mode & 0o777 == 0o600


def test_a_job_without_the_key_among_its_variables_gets_no_way_to_the_server(
    home: Path,
) -> None:
    ready(home, STATE)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("missing", [*STATE, *SERVER])
def test_a_missing_value_is_named_and_no_other_is_shown(missing: str, home: Path) -> None:
    with pytest.raises(CommandError, match=missing) as said:
        ready(home, STATE | SERVER | {missing: ""})
    assert "sesame" not in str(said.value)
    assert list(home.iterdir()) == []


def test_a_password_that_nobody_would_know_is_not_made_on_a_runner(home: Path) -> None:
    (home.parent / "Pulumi.prod.yaml").write_text(FILE.replace("Admin", "Other"))
    with pytest.raises(CommandError, match=r"pulumi config set --secret .* commit it"):
        ready(home, STATE)


@pytest.mark.parametrize("backend", ["{url: 'file://~'}", "{'url': \"file:///x\"}"])
def test_a_state_in_a_folder_is_seen_in_every_style_of_yaml(backend: str, home: Path) -> None:
    (home.parent / "Pulumi.yaml").write_text(f"backend: {backend}\n")
    with pytest.raises(CommandError, match="PULUMI_BACKEND_URL"):
        ready(home, STATE | {"PULUMI_BACKEND_URL": ""})


def test_the_password_is_seen_in_every_style_of_yaml(home: Path) -> None:
    file = home.parent / "Pulumi.prod.yaml"
    file.write_text('{"config": {"monitoring:grafanaAdminPassword": {"secure": "v1:encrypted"}}}')
    ready(home, STATE)


def test_a_backend_that_is_committed_need_not_be_given(home: Path) -> None:
    project = home.parent / "Pulumi.yaml"
    project.write_text("backend:\n  url: postgres://pulumi@db.example.com/pulumi\n")
    ready(home, {"PULUMI_CONFIG_PASSPHRASE": "open sesame", "PULUMI_BACKEND_URL": ""})
