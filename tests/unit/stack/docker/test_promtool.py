"""What promtool is asked, and when it is not asked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack.docker import promtool
from stack.docker.engine import EngineError
from tests.unit.programs import calls, recorded

LOCAL = "unix:///docker.sock"
IMAGE = "prom/prometheus:v3.15.0"
RULES = "groups: []\n"
RUN = (
    f"--host {LOCAL} run --rm --interactive --network none --entrypoint promtool {IMAGE}"
    " check rules --lint=none"
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what was accepted away from the user's own cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def docker(folder: Path, run: str = "exit 0", image: str = "echo sha256:one") -> Path:
    return recorded(folder, "docker", f'case "$3" in image) {image};; run) {run};; esac')


def test_the_rules_are_given_to_the_images_promtool_without_a_network(on_path: Path) -> None:
    program = docker(on_path, run='read -r line; [ "$line" = "groups: []" ]')
    promtool.check(LOCAL, IMAGE, RULES)
    assert calls(program) == [f"--host {LOCAL} image ls --quiet --no-trunc {IMAGE}", RUN]


def test_what_was_accepted_once_is_not_asked_again_of_that_image(on_path: Path) -> None:
    program = docker(on_path)
    promtool.check(LOCAL, IMAGE, RULES)
    promtool.check(LOCAL, IMAGE, RULES)
    assert calls(program).count(RUN) == 1
    for _ in range(2):
        promtool.check(LOCAL, IMAGE, "groups: [] \n")
        assert calls(program).count(RUN) == 2
    docker(on_path, image="echo sha256:another")
    promtool.check(LOCAL, IMAGE, RULES)
    assert calls(program).count(RUN) == 3


def test_what_was_accepted_is_remembered_below_the_users_cache(
    on_path: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(on_path)
    promtool.check(LOCAL, IMAGE, RULES)
    assert len(list((cache / "docker-monitoring" / "rules").iterdir())) == 1
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    promtool.check(LOCAL, IMAGE, RULES)
    assert len(list((tmp_path / "home/.cache/docker-monitoring/rules").iterdir())) == 1


def test_rules_that_promtool_refuses_are_an_error_with_its_words_each_time(on_path: Path) -> None:
    docker(on_path, run=r"printf '  FAILED:\ngroup x: no such function\n' >&2; exit 1")
    for _ in range(2):
        with pytest.raises(EngineError) as error:
            promtool.check(LOCAL, IMAGE, RULES)
        assert str(error.value) == (
            "nothing was changed: fix configs/*/rules: group x: no such function"
        )


def test_an_image_that_the_engine_does_not_have_yet_is_not_asked(on_path: Path) -> None:
    program = docker(on_path, image=":")
    promtool.check(LOCAL, IMAGE, RULES)
    assert RUN not in calls(program)


def test_without_the_command_nothing_is_checked(on_path: Path) -> None:
    assert not list(on_path.iterdir())
    promtool.check(LOCAL, IMAGE, RULES)


def test_a_cache_that_cannot_be_written_is_no_error(on_path: Path, cache: Path) -> None:
    cache.write_text("a file in its place")
    docker(on_path)
    promtool.check(LOCAL, IMAGE, RULES)
