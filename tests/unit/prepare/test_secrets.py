"""Secrets, Python packages, and what a person sees."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prepare import (
    passwords,
    places,
    tasks,
    virtualenv,
)
from prepare.progress import SetupError


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's configuration folder with nothing in it, and no secret in the environment."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("PASSPHRASE", "PASSPHRASE_FILE"):
        monkeypatch.delenv(f"PULUMI_CONFIG_{name}", raising=False)
    monkeypatch.delenv("GRAFANA_ADMIN_PASSWORD", raising=False)
    return places.secrets_folder()


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
    with pytest.raises(SetupError, match="PULUMI_CONFIG_PASSPHRASE"):
        passwords.passphrase_environment(encrypted=True)
    assert not own_folder.exists()


@pytest.mark.usefixtures("own_folder")
def test_a_short_grafana_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFANA_ADMIN_PASSWORD", "short")
    with pytest.raises(SetupError, match="at least 8"):
        passwords.grafana("dev")


def test_python_packages_are_installed_anew_when_requirements_change(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("pulumi==1\n")
    before = virtualenv.fingerprint([file])
    file.write_text("pulumi==2\n")
    assert virtualenv.fingerprint([file]) != before


@pytest.mark.parametrize(("made_in", "moved"), [("project", False), ("elsewhere", True)])
def test_a_checkout_that_was_renamed_needs_its_virtual_environment_anew(
    tmp_path: Path, made_in: str, *, moved: bool
) -> None:
    scripts = tmp_path / "project" / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "pip").write_text(f"#!{tmp_path}/{made_in}/.venv/bin/python\nimport pip\n")
    assert virtualenv.was_moved(scripts.parent) is moved
    # The copy of the program that a test makes has a link.
    link = tmp_path / "link"
    link.symlink_to(scripts.parent)
    assert virtualenv.was_moved(link) is moved


def test_the_last_lines_name_the_urls_and_the_way_to_the_password() -> None:
    urls = {"grafana_url": "http://127.0.0.1:3000", "prometheus_url": "http://127.0.0.1:9090"}
    text = tasks.closing("dev", urls)
    assert all(url in text for url in urls.values())
    assert "pulumi config get monitoring:grafanaAdminPassword --stack dev" in text


def test_the_last_lines_give_the_tunnel_to_what_only_the_server_itself_reaches() -> None:
    urls = {"grafana_url": "http://localhost:3000", "prometheus_url": "http://localhost:9090"}
    tunnel = "ssh -N -L 3000:localhost:3000 -L 9090:localhost:9090 deploy@server"
    assert tunnel in tasks.closing("prod", urls, "ssh://deploy@server")
    assert "ssh" not in tasks.closing("prod", urls)
    open_urls = {key: url.replace("localhost", "server") for key, url in urls.items()}
    assert "ssh" not in tasks.closing("prod", open_urls, "ssh://deploy@server")


def test_a_problem_is_one_sentence_without_a_traceback() -> None:
    env = {"PATH": os.environ["PATH"], "PULUMI_CONFIG_PASSPHRASE_FILE": "/nowhere"}
    code = (
        "import sys; from prepare import __main__ as m, tasks, passwords;"
        "tasks.env = lambda stack: passwords.passphrase_environment(encrypted=False);"
        "sys.argv = ['prepare', 'env']; sys.exit(m.main())"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(
        command, env=env, cwd=places.ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr.startswith("error: PULUMI_CONFIG_PASSPHRASE_FILE names /nowhere")
    assert len(run.stderr.splitlines()) == 1
