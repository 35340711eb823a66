from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.environment import ROOT, Environment

WAY_OUT = "run `make test-engine`, which prepares what the engine tests need"


@pytest.fixture(scope="session")
def images() -> dict[str, str]:
    """Give each service's image on this machine: pulled, or built by the lab."""
    if not shutil.which("pulumi"):
        pytest.fail(f"there is no pulumi on the PATH: {WAY_OUT}", pytrace=False)
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        pytest.fail(f"no Docker engine answers: {WAY_OUT}", pytrace=False)
    chosen = ROOT / ".tools" / "images.json"
    if not chosen.exists():
        pytest.fail(f"the images are not prepared: {WAY_OUT}", pytrace=False)
    found: dict[str, str] = json.loads(chosen.read_text())
    return found


MakeEnvironment = Callable[..., Environment]


@pytest.fixture(scope="module")
def make_environment(
    images: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeEnvironment]:
    """Make environments that are gone after the module, whatever happened.

    The settings are those of the project's environment whose name is given, or a test's own.
    """
    made: list[Environment] = []

    def make(like: str | None = None) -> Environment:
        folder: Path = tmp_path_factory.mktemp("environment")
        made.append(Environment(folder, images, like))
        return made[-1]

    yield make
    for environment in reversed(made):
        environment.remove()


@pytest.fixture(scope="module")
def environment(make_environment: MakeEnvironment) -> Environment:
    """Make one environment, which is up."""
    made = make_environment()
    made.up().succeeded()
    return made
