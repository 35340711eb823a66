from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from stack.settings import loading
from stack.settings.model import Settings
from stack.settings.problems import SettingsError
from tests.unit import refusals

Read = Callable[..., Settings]


def scope(fixture_name: str, config: pytest.Config) -> Literal["function", "module"]:  # noqa: ARG001
    """Return how long a run is kept. mutmut finds the tests of a function by who has called it."""
    return "function" if config.rootpath.name == "mutants" else "module"


@pytest.fixture
def read() -> Read:
    """Read settings as `Pulumi.dev.yaml` would give them, secrets included."""

    def read(values: Mapping[str, Any] | None = None, **secrets: Any) -> Settings:
        given = {"grafanaAdminPassword": "correct horse", **(values or {}), **secrets}
        return loading.parse("dev", given, is_secret=lambda _key: True)

    return read


def assert_refused(read: Read, values: Mapping[str, Any], key: str, says: str) -> None:
    """Assert that settings have exactly one problem: that of `key`, whose text says something.

    All that is said is compared with what was said before, see `refusals`.
    """
    with pytest.raises(SettingsError) as refused:
        read(values)
    [problem] = refused.value.problems
    assert problem.key == f"monitoring:{key}"
    assert says in problem.text
    refusals.check(values, str(refused.value))


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a test builds, and the lock that it waits for, away from the user's own."""
    monkeypatch.setenv("MONITORING_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is the whole PATH: the programs in it are the only ones there are."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder
