"""The Docker engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from setup import docker_engine
from setup.docker_engine import Action, Facts
from tests.unit.programs import fake


def test_an_engine_that_answers_is_used() -> None:
    assert docker_engine.decide(Facts(client=True, answers=True)) is Action.USE


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
    assert docker_engine.decide(facts) is action


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
    with pytest.raises(CommandError, match=way_out):
        docker_engine.decide(facts)


@pytest.mark.parametrize("host", ["ssh://ops@host", "tcp://host:2375"])
def test_for_an_engine_elsewhere_none_is_installed_here(host: str) -> None:
    facts = Facts(client=False, answers=False, host=host, root_on_debian=True)
    with pytest.raises(CommandError, match="no engine is needed here"):
        docker_engine.decide(facts)


def test_the_engine_of_the_clients_context_is_found(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    answers = '[ "$1" = context ] && echo unix:///rootless.sock; [ "$3" = version ] && echo 28.0.1'
    fake(on_path, "docker", answers)
    facts, version = docker_engine.look(None)
    assert (facts.host, version, facts.answers) == ("unix:///rootless.sock", "28.0.1", True)


def test_a_client_without_an_engine_is_seen_with_its_complaint(on_path: Path) -> None:
    fake(on_path, "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    facts, _ = docker_engine.look(None)
    assert (facts.client, facts.answers) == (True, False)
    assert facts.complaint == "Cannot connect to the Docker daemon"
