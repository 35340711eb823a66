"""Passwords rotate, and no secret is seen where it should not be."""

from __future__ import annotations

import base64
import re
import subprocess

import pytest

from tests.engine import docker
from tests.engine.environment import SERVICES, Environment
from tests.engine.waiting import eventually

NEW = "another-Passw0rd"
KEY = "/var/lib/grafana/secret_key"


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
    before = docker.docker("exec", grafana, "cat", KEY)
    environment.configure(grafana={"memory": "384MB"})
    environment.up().succeeded()
    after = docker.docker("exec", grafana, "cat", KEY)
    assert len(before) >= 32
    assert before == after


def test_a_database_without_its_key_is_refused_at_once_and_taken_with_the_key(
    environment: Environment,
) -> None:
    grafana = environment.container("grafana")
    key = docker.docker("exec", grafana, "cat", KEY)
    docker.docker("exec", grafana, "rm", KEY)
    docker.docker("restart", grafana)
    eventually(
        lambda: "Not started: this volume holds a database" in docker.logs(grafana),
        seconds=20,
        what="the reason in the container's log",
    )
    # As if the volume were of another Grafana: there is no container of the stack's yet.
    docker.docker("rm", "--force", grafana)
    said = environment.up("--refresh").failed()
    assert f"the volume {grafana} holds a database of Grafana's without the key" in said
    assert docker.names("container", grafana) == set()

    [command] = re.findall(r"^ *(printf %s 'THE-KEY' .*)$", said, re.MULTILINE)
    shell = ["sh", "-c", command.replace("THE-KEY", key)]
    subprocess.run(shell, check=True, capture_output=True)
    environment.up("--refresh").succeeded()
    assert docker.docker("exec", grafana, "cat", KEY) == key


def test_grafana_starts_without_its_first_administrator_and_says_so(
    environment: Environment,
) -> None:
    container = environment.container("grafana")
    admin = environment.grafana(NEW)
    ann = admin.ask("/api/admin/users", {"name": "Ann", "login": "ann", "password": NEW})["id"]
    admin.ask(f"/api/admin/users/{ann}/permissions", {"isGrafanaAdmin": True}, method="PUT")
    admin.ask("/api/admin/users/1", method="DELETE")
    docker.docker("restart", container)
    eventually(lambda: docker.health(container) == "healthy", seconds=60, what="Grafana healthy")
    assert "The user with id 1 is gone" in docker.logs(container)
