"""Images that do not come, each from a real registry through the real engine.

What the words mean is in tests/unit/setup/test_image_pull.py, where more of them are recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from bootstrap import programs
from bootstrap.progress import CommandError
from operate import stack_images, stacks
from setup import image_pull
from setup.local_builds import Policy
from tests.engine import docker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.registry import Answer, Registry, hangs_up, says, works


@pytest.fixture
def registry() -> Iterator[Registry]:
    """Return a registry; what was pulled from it is removed."""
    made = Registry()
    yield made
    made.close()
    pulled = docker.docker("image", "ls", "--quiet", "--filter", f"reference={made.host}/*")
    for image in pulled.split():
        docker.docker("image", "rm", "--force", image)


@pytest.mark.parametrize(
    ("answer", "words", "tries"),
    [
        (says(403), "403.*proxy that lets it through", 1),
        (says(407), "407.*proxy that lets it through", 1),
        (says(429), "429.*docker login", 1),
        (says(401), "docker login", 1),
        (says(500), "tried twice.*500", 2),
        (hangs_up, "tried twice.*EOF", 2),
    ],
    ids=["403", "407", "429", "401", "500", "EOF"],
)
def test_a_registry_that_answers_but_gives_no_image_is_an_error(
    registry: Registry, answer: Answer, words: str, tries: int, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.answer = answer
    with pytest.raises(CommandError, match=words):
        image_pull.pull(f"{registry.host}/x:1")
    assert capsys.readouterr().err.count("trying once more") == tries - 1


def test_a_silent_registry_is_out_of_reach(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_pull, "FIRST_WORD_SECONDS", 2.0)
    registry.answer = registry.is_silent
    with pytest.raises(image_pull.NoRegistryError, match="no word within 2 s"):
        image_pull.pull(f"{registry.host}/x:1")


def test_a_registry_that_refuses_connections_is_out_of_reach(registry: Registry) -> None:
    registry.close()
    with pytest.raises(image_pull.NoRegistryError, match="connection refused"):
        image_pull.pull(f"{registry.host}/x:1")


def test_a_slow_registry_is_waited_for(registry: Registry) -> None:
    def slowly(request: BaseHTTPRequestHandler) -> None:
        threading.Event().wait(1)
        works(request)

    registry.answer = slowly
    image_pull.pull(f"{registry.host}/x:1")
    assert docker.docker("image", "inspect", f"{registry.host}/x:1")


@pytest.fixture
def environment(
    make_environment: MakeEnvironment, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Environment]:
    """Return an environment that was never up, on which the set-up works."""
    made = make_environment()
    for name, value in made.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(programs, "ROOT", made.project)
    yield made
    docker.docker("volume", "rm", "--force", made.container("grafana"))


@pytest.fixture
def default(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the default image of Grafana, the only service here, in the registry."""
    image = f"{registry.host}/grafana:13"
    monkeypatch.setattr(stack_images, "DEFAULT_IMAGES", {"grafana": image})
    monkeypatch.setattr("setup.local_builds.images", lambda _names: {"grafana": "lab/grafana:1"})
    return image


def choose(environment: Environment, policy: Policy = Policy.UNREACHABLE) -> str:
    """Ensure Grafana's image as `make up` does, and return it."""
    stack = stacks.Stack(environment.name, {})
    return stack_images.choose(stack, stack.config(), policy)["grafana"]


def test_what_is_written_changes_only_where_it_may(
    environment: Environment, registry: Registry, default: str
) -> None:
    environment.configure(grafana={"image": "lab/grafana:0"})
    assert choose(environment) == default, "dev goes back once the official image can be had"
    file = environment.project / f"Pulumi.{environment.name}.yaml"
    assert "lab/grafana" not in file.read_text()
    docker.docker("image", "rm", "--force", default)
    written = file.read_text()

    registry.answer = hangs_up
    with pytest.raises(CommandError, match="EOF"):
        choose(environment)
    registry.close()
    with pytest.raises(CommandError, match=r"connection refused.*LAB=yes"):
        choose(environment, Policy.AS_WRITTEN)
    volume = docker.docker("volume", "create", environment.container("grafana"))
    for policy in (Policy.UNREACHABLE, Policy.ALWAYS):
        with pytest.raises(CommandError, match=f"docker volume rm {volume}"):
            choose(environment, policy)
    assert file.read_text() == written


def test_the_volume_is_the_labs_when_the_last_update_ran_its_image(
    environment: Environment, registry: Registry, default: str
) -> None:
    registry.close()
    docker.docker("volume", "create", environment.container("grafana"))
    # Only the history counts here, and an empty program is as quick as an update can be.
    (environment.project / "__main__.py").write_text("")
    environment.configure(grafana={"image": "lab/grafana:0"})
    environment.up().succeeded()
    environment.configure(grafana={"image": default})
    assert choose(environment) == "lab/grafana:1"

    environment.configure(grafana={"image": default})
    environment.up().succeeded()
    with pytest.raises(CommandError, match="docker volume rm"):
        choose(environment)
