"""What the engine is asked, and what is said where it does not answer."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from stack.docker import engine
from tests.unit.programs import calls, fake, recorded

LOCAL = "unix:///docker.sock"


def test_a_question_goes_to_the_engine_at_the_address_and_its_answer_comes_in_lines(
    on_path: Path,
) -> None:
    docker = recorded(on_path, "docker", "echo one; echo two")
    assert engine.ask(LOCAL, "ps", "--all") == ["one", "two"]
    assert calls(docker) == [f"--host {LOCAL} ps --all"]


def test_what_is_given_is_the_commands_input_and_nobody_is_asked_for_anything(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CERT_PATH", "/certificates")
    fake(on_path, "docker", 'read -r line; echo "$line $SSH_ASKPASS_REQUIRE $DOCKER_CERT_PATH"')
    assert engine.run(LOCAL, "run", given="rules\n").stdout == "rules never /certificates\n"
    assert engine.answered(LOCAL, "run", given="rules\n").stdout == "rules never /certificates\n"
    assert engine.run(LOCAL, "run").stdout == " never /certificates\n"
    assert engine.answered(LOCAL, "run").stdout == " never /certificates\n"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (LOCAL, "point monitoring:dockerHost or $DOCKER_HOST to it. Docker said: no such file"),
        ("ssh://ops@server", "$DOCKER_HOST to the right server. It said: no such file"),
    ],
)
def test_an_engine_that_does_not_answer_is_told_with_the_remedy(
    address: str, says: str, on_path: Path
) -> None:
    fake(on_path, "docker", "echo ' no such file' >&2; exit 1")
    with pytest.raises(engine.EngineError) as error:
        engine.ask(address, "ps")
    assert f"the Docker engine at {address} does not answer: " in str(error.value)
    assert str(error.value).endswith(says)


def test_an_answer_that_does_not_come_in_time_is_not_waited_for(on_path: Path) -> None:
    fake(on_path, "docker", "exec /bin/sleep 60")
    asked = time.monotonic()
    with pytest.raises(engine.EngineError, match="Docker said: no answer within 0 s"):
        engine.answered(LOCAL, "ps", seconds=0.2)
    assert time.monotonic() - asked < engine._TIMEOUT_SECONDS / 2  # noqa: SLF001 - the default


def test_a_command_that_fails_is_an_answer_too(on_path: Path) -> None:
    fake(on_path, "docker", "exit 7")
    assert engine.answered(LOCAL, "run").returncode == 7
