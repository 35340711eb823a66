"""When `up` ends: once every health check has passed, or a service has had its time."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path
from typing import Any

import pulumi
import pytest

from stack.docker import engine, readiness
from stack.service import Service
from stack.services import describe
from tests.unit.conftest import Read
from tests.unit.programs import calls, fake, recorded

LOCAL = "unix:///docker.sock"
PREFIX = "monitoring-dev"
HEALTHY = f"echo {PREFIX}-prometheus; echo {PREFIX}-promtail"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(readiness, "_PAUSE_SECONDS", 0)


@pytest.fixture
def services(read: Read) -> tuple[Service, ...]:
    """Return the services, for which nobody waits long."""
    return tuple(dataclasses.replace(service, start_seconds=0) for service in describe(read()))


def docker(folder: Path, ps: str = ":", run: str = ":", look: str = ":") -> Path:
    answers = f"ps) {ps};; exec) {run};; container) {look};;"
    return recorded(folder, "docker", f'case "$3" in {answers} esac')


def test_only_those_that_the_engine_does_not_know_to_be_healthy_are_asked(
    on_path: Path, services: tuple[Service, ...]
) -> None:
    program = docker(on_path, HEALTHY)
    readiness.wait(LOCAL, PREFIX, services)
    listed, *asked = calls(program)
    filters = f"--filter name=^{PREFIX}- --filter health=healthy"
    assert listed == f"--host {LOCAL} ps {filters} --format {{{{.Names}}}}"
    assert sorted(call.split()[3] for call in asked) == [f"{PREFIX}-grafana", f"{PREFIX}-loki"]
    assert f"--host {LOCAL} exec {PREFIX}-loki /usr/bin/loki -health" in asked


def test_a_health_check_is_run_until_it_passes(
    on_path: Path, services: tuple[Service, ...]
) -> None:
    # Passes the second time.
    program = docker(on_path, HEALTHY, '[ -e "$0.$4" ] || { : > "$0.$4"; exit 1; }')
    patient = tuple(dataclasses.replace(service, start_seconds=60) for service in services)
    readiness.wait(LOCAL, PREFIX, patient)
    assert len([call for call in calls(program) if " exec " in call]) == 4


def test_each_that_is_not_ready_in_time_is_told_with_the_last_word_of_its_check(
    on_path: Path, services: tuple[Service, ...]
) -> None:
    said = r"printf 'first\nnot yet\n\n' >&2; exit 1"
    docker(on_path, HEALTHY, f'case "$4" in *-loki) {said};; esac; exit 3')
    with pytest.raises(engine.EngineError) as error:
        readiness.wait(LOCAL, PREFIX, services)
    assert str(error.value) == (
        f"{PREFIX}-loki is not ready after 0 s: see `docker logs {PREFIX}-loki`. Its health check"
        f" says: not yet\n\n{PREFIX}-grafana is not ready after 0 s: see `docker logs"
        f" {PREFIX}-grafana`. Its health check says: exit code 3"
    )


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ("echo 'Error: No such container: x' >&2; exit 1", "`pulumi up --refresh` makes it again"),
        ("echo exited", f"`docker start {PREFIX}-loki`"),
        ("echo paused", f"`docker unpause {PREFIX}-loki`"),
    ],
)
def test_one_that_cannot_become_ready_by_itself_is_told_at_once_with_the_remedy(
    look: str, said: str, on_path: Path, services: tuple[Service, ...]
) -> None:
    program = docker(on_path, HEALTHY, 'case "$4" in *-loki) exit 1;; esac', look)
    patient = tuple(dataclasses.replace(service, start_seconds=60) for service in services)
    with pytest.raises(engine.EngineError) as error:
        readiness.wait(LOCAL, PREFIX, patient)
    assert str(error.value).startswith(f"{PREFIX}-loki ")
    assert said in str(error.value)
    state = f"container inspect --format {{{{.State.Status}}}} {PREFIX}-loki"
    assert f"--host {LOCAL} {state}" in calls(program)


def test_the_remedy_for_one_behind_ssh_names_its_host(
    on_path: Path, services: tuple[Service, ...]
) -> None:
    docker(on_path, HEALTHY, 'case "$4" in *-loki) exit 1;; esac', "echo exited")
    with pytest.raises(engine.EngineError, match="`docker --host ssh://deploy@server start "):
        readiness.wait("ssh://deploy@server", PREFIX, services)


def test_one_that_restarts_is_waited_for(on_path: Path, services: tuple[Service, ...]) -> None:
    docker(on_path, HEALTHY, 'case "$4" in *-loki) exit 1;; esac', "echo restarting")
    with pytest.raises(engine.EngineError, match="loki is not ready after 0 s"):
        readiness.wait(LOCAL, PREFIX, services)


def test_a_check_that_does_not_end_is_given_up(
    on_path: Path, services: tuple[Service, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_ANSWER_SECONDS", 0.2)
    docker(on_path, HEALTHY, "exec /bin/sleep 60")
    with pytest.raises(engine.EngineError, match=r"says: no answer within 0\.2 s"):
        readiness.wait(LOCAL, PREFIX, services)


def make_slow(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Let one of the engine's commands take longer than is waited for it."""
    run = engine.run

    def slow(address: str, *arguments: str, **options: Any) -> Any:
        if arguments[0] == command:
            raise subprocess.TimeoutExpired("docker", 20)
        return run(address, *arguments, **options)

    monkeypatch.setattr(engine, "run", slow)


def test_where_the_engine_is_slow_to_list_all_are_asked(
    on_path: Path, services: tuple[Service, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = docker(on_path)
    make_slow(monkeypatch, "ps")
    readiness.wait(LOCAL, PREFIX, services)
    assert len(calls(program)) == 4


def test_where_the_engine_is_slow_to_tell_a_state_the_check_is_what_is_told(
    on_path: Path, services: tuple[Service, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(on_path, HEALTHY, "echo not yet; exit 1")
    make_slow(monkeypatch, "container")
    with pytest.raises(engine.EngineError, match=r"loki is not ready .* says: not yet"):
        readiness.wait(LOCAL, PREFIX, services)


def test_without_the_command_up_says_that_nobody_has_asked(
    on_path: Path, services: tuple[Service, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not list(on_path.iterdir())
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    readiness.wait(LOCAL, PREFIX, services)
    assert said == ["install the command `docker`: nobody has asked whether all are ready"]
    fake(on_path, "docker", "exit 0")
    readiness.wait(LOCAL, PREFIX, services)
    assert len(said) == 1
