"""The state of a stack: locked, recovered, moved to a database that a team shares.

The commands are those of docs/backends.md. The tests tell one story, in their order.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from operate.stacks import Stack
from setup import pulumi_cli
from tests.engine import docker, object_store_server
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import SERVICES, Environment, free_port
from tests.engine.postgres import Postgres
from tests.engine.test_secrets import forms
from tests.engine.waiting import eventually

PASSWORD = "slash/at@colon:"
NEW_PASSPHRASE = "another passphrase"
LOCKED = "the stack is currently locked by 1 lock(s)"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Run a database server, whose password is where PostgreSQL's clients look for it."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), free_port(), PASSWORD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", PASSWORD)
        yield server
    server.stop()


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run an object store, whose access is in the variables; return the folder of its bucket."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch, object_store_server.running(folder, patch):
        yield folder / object_store_server.BUCKET


@pytest.fixture(scope="module")
def planned(
    postgres: Postgres,  # noqa: ARG001 - wanted for its lifetime only
    bucket: Path,  # noqa: ARG001 - wanted for its lifetime only
    make_environment: MakeEnvironment,
) -> Environment:
    """Make an environment; the places outlive it to which its state moves."""
    return make_environment()


@contextmanager
def interrupted(environment: Environment, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start an `up`, which is killed at the end, as when the machine loses its power."""
    process = subprocess.Popen(
        environment.command("up", "--yes", "--skip-preview", *arguments),
        cwd=environment.project,
        env=environment.variables(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with process:
        yield process
        os.killpg(process.pid, signal.SIGKILL)


def urn(environment: Environment, kind: str, name: str) -> str:
    return f"urn:pulumi:{environment.name}::monitoring::{kind}::{name}"


def test_a_volume_of_another_name_is_copied_imported_and_not_replaced(
    planned: Environment, images: dict[str, str]
) -> None:
    old, volume = f"{planned.prefix}-old", f"{planned.prefix}-grafana"
    shell = ("--network", "none", "--user", "0", "--entrypoint", "sh", images["grafana"], "-c")
    write = "echo kept > /old/mark && chown -R 472:0 /old"
    docker.docker("run", "--rm", "--volume", f"{old}:/old", *shell, write)
    both = ("--volume", f"{old}:/from:ro", "--volume", f"{volume}:/to")
    docker.docker("run", "--rm", *both, *shell, "cp -a /from/. /to/")

    parent = urn(planned, "monitoring:index:Monitoring", planned.prefix)
    provider = urn(planned, "pulumi:providers:docker", "docker")
    planned.up("--target", parent, "--target", provider).succeeded()
    kind = "docker:index/volume:Volume"
    where = ("--parent", f"monitoring={parent}", "--provider", f"docker={provider}")
    how = ("--protect=false", "--generate-code=false", "--yes")
    planned.pulumi("import", kind, "grafana-volume", volume, *where, *how).succeeded()

    text = planned.preview().succeeded().text
    assert "Volume loki-volume create" in text
    assert "Volume grafana-volume create" not in text


def test_a_second_up_is_refused_and_one_that_was_killed_is_recovered(planned: Environment) -> None:
    with interrupted(planned) as first:
        eventually(
            lambda: docker.names("container", planned.prefix), seconds=60, what="a container"
        )
        said = planned.up().failed()
    assert LOCKED in said
    assert "delete the lock file with `pulumi cancel`" in said
    assert f"(pid {first.pid})" in said

    assert LOCKED in planned.up().failed()

    planned.pulumi("cancel", "--yes").succeeded()
    docker.docker("rm", "--force", *(planned.container(name) for name in SERVICES), check=False)
    for network in docker.names("network", planned.prefix):
        docker.docker("network", "rm", network, check=False)
    planned.pulumi("refresh", "--yes", "--clear-pending-creates").succeeded()
    planned.up().succeeded()


def test_the_copied_volume_is_the_one_that_is_used(planned: Environment) -> None:
    mark = docker.docker("exec", planned.container("grafana"), "cat", "/var/lib/grafana/mark")
    assert mark == "kept"


@pytest.fixture(scope="module")
def moved(
    planned: Environment, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """Move the state of the running stack into the database."""
    move(planned, postgres.url, tmp_path_factory.mktemp("moved") / "state.json")
    return planned


def move(environment: Environment, backend: str, file: Path) -> None:
    """Move the state of a running stack to another place, by way of a file."""
    old = environment.backend
    environment.pulumi("stack", "export", "--file", str(file)).succeeded()
    environment.backend = backend
    environment.pulumi("stack", "init", environment.name).succeeded()
    environment.pulumi("stack", "import", "--file", str(file)).succeeded()
    environment.backend = old
    forget = ("stack", "rm", environment.name, "--force", "--preserve-config", "--yes")
    environment.pulumi(*forget).succeeded()
    environment.backend = backend


@pytest.fixture
def colleague(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the CLI know nothing of what was done before, as on another machine."""
    (tmp_path / "plugins").symlink_to(pulumi_cli.pulumi_home() / "plugins")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))


@pytest.mark.usefixtures("colleague")
def test_a_moved_state_is_used_from_another_machine_with_nothing_to_change(
    moved: Environment,
) -> None:
    before = moved.ids()
    moved.pulumi("stack", "select", moved.name).succeeded()
    moved.up("--refresh", "--expect-no-changes").succeeded()
    assert moved.ids() == before


def test_the_lock_in_the_database_holds_others_off_until_it_is_cancelled(
    moved: Environment, postgres: Postgres
) -> None:
    locks = "SELECT key FROM pulumi_state WHERE key LIKE '%/locks/%'"
    with interrupted(moved) as first:
        eventually(lambda: postgres.query(locks), seconds=30, what="a lock")
        os.killpg(first.pid, signal.SIGSTOP)
        said = moved.up().failed()
    assert LOCKED in said
    assert "`pulumi cancel`" in said

    moved.pulumi("cancel", "--yes").succeeded()
    moved.up("--expect-no-changes").succeeded()


def test_no_secret_is_in_the_database(moved: Environment, postgres: Postgres) -> None:
    rows = postgres.query("SELECT data FROM pulumi_state").splitlines()
    stored = [base64.b64decode(json.loads(row)["data"]).decode() for row in rows]
    assert any(moved.container("grafana") in text for text in stored)
    secrets = [moved.password, moved.passphrase, PASSWORD]
    assert not [form for secret in secrets for form in forms(secret) if form in "".join(stored)]


def test_a_new_passphrase_replaces_the_old_one_and_touches_no_container(moved: Environment) -> None:
    before = moved.ids()
    given = f"{NEW_PASSPHRASE}\n{NEW_PASSPHRASE}\n"
    moved.pulumi("stack", "change-secrets-provider", "passphrase", stdin=given).succeeded()
    assert "incorrect passphrase" in moved.preview().failed()
    moved.passphrase = NEW_PASSPHRASE
    moved.up("--expect-no-changes").succeeded()
    assert moved.ids() == before


def test_the_state_can_live_in_an_object_store_and_no_secret_with_it(
    moved: Environment, bucket: Path, tmp_path: Path
) -> None:
    before = moved.ids()
    endpoint = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    how = f"region=eu-central-1&endpoint={endpoint}&disableSSL=true&s3ForcePathStyle=true"
    move(moved, f"s3://{bucket.name}?{how}", tmp_path / "state.json")
    moved.up("--refresh", "--expect-no-changes").succeeded()
    assert moved.ids() == before
    stored = "".join(file.read_text() for file in bucket.rglob("*.json"))
    assert moved.container("grafana") in stored
    secrets = [moved.password, moved.passphrase, PASSWORD]
    assert not [form for secret in secrets for form in forms(secret) if form in stored]


def test_a_database_that_is_down_is_one_sentence_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = "postgres://pulumi:{}127.0.0.1:1/postgres?sslmode=disable"
    monkeypatch.setenv("PULUMI_BACKEND_URL", address.format("geheim@"))
    with pytest.raises(CommandError) as caught:
        Stack("dev", {"PULUMI_CONFIG_PASSPHRASE": ""}).must("stack", "select")
    said = str(caught.value)
    assert "connection refused" in said
    assert "geheim" not in said
    assert len(said.splitlines()) == 1
