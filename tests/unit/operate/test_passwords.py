"""The state's passphrase and Grafana's password."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from operate import passwords


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's configuration folder with nothing in it, and no secret in the environment."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("PASSPHRASE", "PASSPHRASE_FILE"):
        monkeypatch.delenv(f"PULUMI_CONFIG_{name}", raising=False)
    monkeypatch.delenv("GRAFANA_ADMIN_PASSWORD", raising=False)
    return passwords.secrets_folder()


def test_a_generated_secret_is_readable_by_the_user_alone(own_folder: Path) -> None:
    passwords.grafana("dev")
    file = own_folder / "dev" / "grafana-admin-password"
    modes = [oct(path.stat().st_mode & 0o777) for path in (file, file.parent, own_folder)]
    assert modes == ["0o600", "0o700", "0o700"]


@pytest.mark.usefixtures("own_folder")
def test_a_secret_is_generated_once_for_each_stack() -> None:
    assert passwords.grafana("dev") == passwords.grafana("dev")
    assert passwords.grafana("dev") != passwords.grafana("staging")


def test_a_secret_file_that_others_could_read_is_closed(own_folder: Path) -> None:
    passwords.grafana("dev")
    file = own_folder / "dev" / "grafana-admin-password"
    file.chmod(0o644)
    passwords.grafana("dev")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_passphrase_in_the_environment_is_used_and_none_is_generated(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    found = passwords.passphrase_environment(encrypted=True)
    assert found == {"PULUMI_CONFIG_PASSPHRASE": ""}
    assert not own_folder.exists()


def test_no_new_passphrase_is_generated_for_secrets_encrypted_with_another(
    own_folder: Path,
) -> None:
    with pytest.raises(CommandError, match="PULUMI_CONFIG_PASSPHRASE"):
        passwords.passphrase_environment(encrypted=True)
    assert not own_folder.exists()


@pytest.mark.usefixtures("own_folder")
def test_a_short_grafana_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFANA_ADMIN_PASSWORD", "short")
    with pytest.raises(CommandError, match="at least 8"):
        passwords.grafana("dev")
