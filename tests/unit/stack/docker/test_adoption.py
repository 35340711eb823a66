"""When a volume of Grafana's that was there before is looked into, and what is said of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stack.docker import adoption
from stack.docker.engine import EngineError
from tests.unit.programs import calls, recorded

LOCAL = "unix:///docker.sock"
IMAGE = "grafana/grafana:13.2.3"
NAME = "monitoring-dev-grafana"


def docker(
    folder: Path,
    *,
    ps: str = ":",
    volume: str = f"echo {NAME}",
    image: str = "echo 1",
    run: int = 1,
) -> Path:
    """Put a `docker` into a folder; by default the volume's database lacks its key."""
    answers = f"ps) {ps};; volume) {volume};; image) {image};; run) exit {run};;"
    return recorded(folder, "docker", f'case "$3" in {answers} esac')


def asked(program: Path) -> list[str]:
    return [call for call in calls(program) if " run " in call]


def test_a_database_whose_key_is_missing_is_an_error_with_the_command_that_puts_it_there(
    on_path: Path,
) -> None:
    program = docker(on_path)
    with pytest.raises(EngineError) as error:
        adoption.check(LOCAL, "monitoring-dev", IMAGE)
    text = str(error.value)
    assert text.startswith(f"nothing was changed: the volume {NAME} holds a database of Grafana's")
    assert (
        "printf %s 'THE-KEY' | docker run --rm --interactive --network none --user 472:0 --volume"
        f" {NAME}:/volume --entrypoint sh {IMAGE} -c 'umask 077; cat >/volume/secret_key'"
    ) in text
    assert "SW2YcwTIb9zpOOhoPsMm" in text
    [look] = asked(program)
    assert look == (
        f"--host {LOCAL} run --rm --network none --user 472:0 --volume {NAME}:/volume:ro"
        f" --entrypoint sh {IMAGE} -c {adoption._COMPLETE}"  # noqa: SLF001 - tried below
    )
    assert [call.removeprefix(f"--host {LOCAL} ") for call in calls(program)][:3] == [
        f"ps --all --quiet --filter name=^{NAME}$",
        f"volume ls --quiet --filter name={NAME}",
        f"image ls --quiet {IMAGE}",
    ]


@pytest.mark.parametrize(
    ("files", "is_complete"),
    [
        ({}, True),
        ({"grafana.db": ""}, True),
        ({"grafana.db": "x"}, False),
        ({"grafana.db": "x", "secret_key": ""}, False),
        ({"grafana.db": "x", "secret_key": "k"}, True),
    ],
)
def test_a_volume_is_complete_without_a_database_or_with_its_key(
    files: dict[str, str], is_complete: bool, tmp_path: Path
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    look = adoption._COMPLETE.replace("/volume", str(tmp_path))  # noqa: SLF001 - run in a container
    assert (subprocess.run(["sh", "-c", look], check=False).returncode == 0) is is_complete


@pytest.mark.parametrize("code", [0, 125])
def test_a_complete_volume_and_one_that_cannot_be_looked_into_are_no_error(
    code: int, on_path: Path
) -> None:
    program = docker(on_path, run=code)
    adoption.check(LOCAL, "monitoring-dev", IMAGE)
    assert asked(program)


@pytest.mark.parametrize(
    "answers",
    [
        {"ps": "echo 5f2a"},  # its container is there: the volume is the stack's
        {"volume": f"echo {NAME}-copy"},
        {"image": ":"},
    ],
)
def test_nothing_is_looked_into_where_there_is_nothing_to_take_up(
    answers: dict[str, str], on_path: Path
) -> None:
    program = docker(on_path, **answers)  # type: ignore[arg-type] # texts all three
    adoption.check(LOCAL, "monitoring-dev", IMAGE)
    assert calls(program)
    assert not asked(program)


def test_without_the_command_nothing_is_looked_into(on_path: Path) -> None:
    assert not list(on_path.iterdir())
    adoption.check(LOCAL, "monitoring-dev", IMAGE)
