"""Passwords rotate, and no secret is seen where it should not be."""

from __future__ import annotations

import base64
import subprocess

import pytest

from tests.engine import docker
from tests.engine.environment import SERVICES, Environment

NEW = "another-Passw0rd"


def forms(secret: str) -> list[str]:
    """Give a secret as it could lie somewhere: as it is, and base64-encoded."""
    return [secret, base64.b64encode(secret.encode()).decode().rstrip("=")]


@pytest.fixture(scope="module")
def session(environment: Environment) -> str:
    """Log in by the form, with the first password; give the cookie."""
    return environment.grafana().log_in()


def test_a_session_outlives_a_change_that_is_not_the_passwords(
    environment: Environment, session: str
) -> None:
    before = environment.ids()["grafana"]
    environment.configure(grafana={"memory": "500MB"})
    environment.up().succeeded()
    assert environment.ids()["grafana"] != before
    assert environment.grafana().knows(session)


def test_a_changed_password_takes_effect_at_the_next_up(
    environment: Environment, session: str
) -> None:
    assert environment.grafana().accepts()
    environment.set_password(NEW)
    preview = environment.preview("--diff").succeeded().text
    environment.up().succeeded()
    assert environment.grafana(NEW).accepts()
    assert not environment.grafana().accepts()
    assert not environment.grafana("admin").accepts()
    assert not environment.grafana().knows(session)
    assert NEW not in preview
    environment.preview("--refresh", "--expect-no-changes").succeeded()


def test_no_secret_is_in_the_state_the_preview_the_logs_or_the_process_list(
    environment: Environment,
) -> None:
    places = {
        "state": environment.state(),
        "preview": environment.preview("--diff").succeeded().text,
        "outputs": environment.pulumi("stack", "output", "--json").succeeded().text,
        "processes": subprocess.run(
            ["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True
        ).stdout,
        **{name: docker.logs(environment.container(name)) for name in SERVICES},
    }
    secrets = [environment.password, NEW, environment.passphrase]
    seen = [
        place
        for place, text in places.items()
        for secret in secrets
        for form in forms(secret)
        if form in text
    ]
    assert seen == []


def test_the_key_that_protects_grafanas_database_is_of_its_own_and_survives(
    environment: Environment,
) -> None:
    grafana = environment.container("grafana")
    before = docker.docker("exec", grafana, "cat", "/var/lib/grafana/secret_key")
    environment.configure(grafana={"memory": "384MB"})
    environment.up().succeeded()
    after = docker.docker("exec", grafana, "cat", "/var/lib/grafana/secret_key")
    assert len(before) >= 32
    assert before == after
