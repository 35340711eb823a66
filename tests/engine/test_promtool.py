"""promtool reads the alert rules before an `up`; what it has accepted, it is not given again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack.docker import engine, promtool
from stack.settings import docker_host
from tests.engine import docker

RULES = "groups: [{name: g, rules: [{record: r, expr: vector(1)}]}]"
WRONG = RULES.replace("vector(1)", "vector(")

Check = Callable[[str], int]


@pytest.fixture
def image(images: dict[str, str]) -> Iterator[str]:
    """Give Prometheus' image a name of the test's own."""
    name = f"promtool-test:{secrets.token_hex(4)}"
    docker.docker("image", "tag", images["prometheus"], name)
    yield name
    docker.docker("image", "rm", name)


@pytest.fixture
def check(image: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Check:
    """Check rules with nothing accepted yet; give how many containers have been made for it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    since = str(time.time())

    def check(rules: str) -> int:
        promtool.check(docker_host.LOCAL, image, rules)
        chosen = ("--filter", "event=create", "--filter", f"image={image}")
        span = ("--since", since, "--until", str(time.time()))
        return len(docker.docker("events", *chosen, *span).splitlines())

    return check


def test_accepted_rules_are_read_again_only_where_they_or_the_image_differ(
    image: str, check: Check
) -> None:
    assert [check(RULES), check(RULES)] == [1, 1]
    assert check(RULES.replace("vector(1)", "vector(2)")) == 2
    assert check(RULES) == 2

    container = docker.docker("create", image)
    docker.docker("commit", "--change", "LABEL another=image", container, image)
    docker.docker("rm", container)
    assert check(RULES) == 4  # one is the container that was committed


def test_wrong_rules_are_an_error_each_time(check: Check) -> None:
    for _ in range(2):
        with pytest.raises(engine.EngineError, match=r"fix configs/\*/rules: .*unclosed"):
            check(WRONG)
    assert check(RULES) == 3
