"""What a job gets of an environment on GitHub, and what it is told where something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from prepare import runner, touched
from prepare.progress import SetupError

STATE = {"PULUMI_BACKEND_URL": "s3://state", "PULUMI_CONFIG_PASSPHRASE": "open sesame"}
SERVER = {
    "DOCKER_SSH_KEY": "-----BEGIN\r\nsecret\r\nEND-----",
    "DOCKER_SSH_KNOWN_HOSTS": "host key",
}


@pytest.fixture(autouse=True)
def behind_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touched, "docker_host", lambda _name: "ssh://deploy@example.com")


def test_the_key_and_the_known_hosts_are_for_the_user_only(tmp_path: Path) -> None:
    runner.ready("prod", STATE | SERVER, tmp_path)
    key, hosts = tmp_path / ".ssh/id_ed25519", tmp_path / ".ssh/known_hosts"
    assert key.read_text() == "-----BEGIN\nsecret\nEND-----\n"
    assert hosts.read_text() == "host key\n"
    assert [path.stat().st_mode & 0o777 for path in (key.parent, key, hosts)] == [
        0o700,
        0o600,
        0o600,
    ]


def test_what_a_runner_knows_already_is_left_and_not_written_twice(tmp_path: Path) -> None:
    hosts = tmp_path / ".ssh/known_hosts"
    hosts.parent.mkdir()
    hosts.write_text("another host\n")
    for _ in range(2):
        runner.ready("prod", STATE | SERVER, tmp_path)
    assert hosts.read_text() == "another host\nhost key\n"


def test_another_key_of_the_runners_is_never_overwritten(tmp_path: Path) -> None:
    key = tmp_path / ".ssh/id_ed25519"
    key.parent.mkdir()
    key.write_text("mine\n")
    with pytest.raises(SetupError, match="another key"):
        runner.ready("prod", STATE | SERVER, tmp_path)
    assert key.read_text() == "mine\n"


def test_a_job_without_the_key_among_its_variables_gets_no_way_to_the_server(
    tmp_path: Path,
) -> None:
    runner.ready("prod", STATE, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", [*STATE, *SERVER])
def test_a_missing_value_is_named_and_no_other_is_shown(missing: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=missing) as said:
        runner.ready("prod", STATE | SERVER | {missing: ""}, tmp_path)
    assert "sesame" not in str(said.value)
    assert list(tmp_path.iterdir()) == []
