"""What a job gets of an environment on GitHub, and what it is told where something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from prepare import runner
from prepare.progress import SetupError

STATE = {"PULUMI_BACKEND_URL": "s3://state", "PULUMI_CONFIG_PASSPHRASE": "open sesame"}
SERVER = {
    "DOCKER_SSH_KEY": "-----BEGIN\r\nsecret\r\nEND-----",
    "DOCKER_SSH_KNOWN_HOSTS": "host key",
}


FILE = """
config:
  monitoring:dockerHost: ssh://deploy@example.com
  monitoring:grafanaAdminPassword:
    secure: v1:encrypted
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a user's folder, beside a project with an environment on a server."""
    (tmp_path / "Pulumi.prod.yaml").write_text(FILE)
    (tmp_path / "Pulumi.yaml").write_text("backend:\n  url: file://~\n")
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def ready(home: Path, given: dict[str, str]) -> None:
    runner.ready("prod", given, home, home.parent)


def test_the_key_and_the_known_hosts_are_for_the_user_only(home: Path) -> None:
    ready(home, STATE | SERVER)
    key, hosts = home / ".ssh/id_ed25519", home / ".ssh/known_hosts"
    assert key.read_text() == "-----BEGIN\nsecret\nEND-----\n"
    assert hosts.read_text() == "host key\n"
    assert [path.stat().st_mode & 0o777 for path in (key.parent, key, hosts)] == [
        0o700,
        0o600,
        0o600,
    ]


def test_what_a_runner_knows_already_is_left_and_not_written_twice(home: Path) -> None:
    hosts = home / ".ssh/known_hosts"
    hosts.parent.mkdir()
    hosts.write_text("another host\n")
    for _ in range(2):
        ready(home, STATE | SERVER)
    assert hosts.read_text() == "another host\nhost key\n"


def test_another_key_of_the_runners_is_never_overwritten(home: Path) -> None:
    key = home / ".ssh/id_ed25519"
    key.parent.mkdir()
    key.write_text("mine\n")
    with pytest.raises(SetupError, match="another key"):
        ready(home, STATE | SERVER)
    assert key.read_text() == "mine\n"


def test_a_job_without_the_key_among_its_variables_gets_no_way_to_the_server(
    home: Path,
) -> None:
    ready(home, STATE)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("missing", [*STATE, *SERVER])
def test_a_missing_value_is_named_and_no_other_is_shown(missing: str, home: Path) -> None:
    with pytest.raises(SetupError, match=missing) as said:
        ready(home, STATE | SERVER | {missing: ""})
    assert "sesame" not in str(said.value)
    assert list(home.iterdir()) == []


def test_a_password_that_nobody_would_know_is_not_made_on_a_runner(home: Path) -> None:
    (home.parent / "Pulumi.prod.yaml").write_text(FILE.replace("Admin", "Other"))
    with pytest.raises(SetupError, match=r"pulumi config set --secret .* commit it"):
        ready(home, STATE)


def test_a_backend_that_is_committed_need_not_be_given(home: Path) -> None:
    project = home.parent / "Pulumi.yaml"
    project.write_text("backend:\n  url: postgres://pulumi@db.example.com/pulumi\n")
    ready(home, {"PULUMI_CONFIG_PASSPHRASE": "open sesame", "PULUMI_BACKEND_URL": ""})
