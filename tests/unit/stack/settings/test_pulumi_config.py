"""The settings as Pulumi's configuration holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from pulumi import runtime
from pulumi.runtime import mocks

from stack.settings import pulumi_config
from stack.settings.model import Settings
from stack.settings.problems import SettingsError
from tests.unit.stack.test_component import Provider

Load = Callable[[Mapping[str, str]], Settings]
PASSWORD = {"monitoring:grafanaAdminPassword": "correct horse"}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Load the settings of the stack `prod`, in whose configuration only the password is secret."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    mocks.set_mocks(Provider(), project="monitoring", stack="prod")

    def load(config: Mapping[str, str]) -> Settings:
        runtime.set_all_config({**PASSWORD, **config}, [*PASSWORD])
        return pulumi_config.load()

    yield load
    runtime.set_all_config({}, [])


def test_objects_and_lists_arrive_as_json(load: Load) -> None:
    settings = load(
        {
            "monitoring:loki": '{"memory": "1GB"}',
            "monitoring:jobs": '[{"name": "backend", "targets": ["backend:3000"]}]',
            "monitoring:keepVolumes": "false",
        }
    )
    assert settings.stack == "prod"
    assert settings.loki.memory.mebibytes == 1024
    assert [job.name for job in settings.jobs] == ["backend"]
    assert not settings.keep_volumes


def test_a_password_that_looks_like_json_stays_a_text(load: Load) -> None:
    for password in ("[1, 2, 3, 4]", '{"pass": "word"}'):
        settings = load({"monitoring:grafanaAdminPassword": password})
        assert settings.grafana_admin_password.reveal() == password


def test_what_only_looks_like_json_is_told_as_it_was_written(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"monitoring:jobs is '\[backend', but must be a list"):
        load({"monitoring:jobs": "[backend"})
    with pytest.raises(SettingsError, match="monitoring:jobs is empty, but must be a list"):
        load({"monitoring:jobs": ""})


def test_other_programs_keys_are_theirs(load: Load) -> None:
    load({"docker:host": "tcp://other:2375", "monitoring-other:jobs": "x"})


@pytest.mark.parametrize("name", ["monitor", "Monitoring", "monitorng"])
def test_a_slip_in_the_name_before_the_colon_is_refused(name: str, load: Load) -> None:
    with pytest.raises(SettingsError, match=f"monitoring:jobs is written as '{name}:jobs'"):
        load({f"{name}:jobs": "[]"})
    load({f"{name}:else": "another program's"})


def test_a_key_with_a_colon_is_told_as_it_was_written(load: Load) -> None:
    with pytest.raises(
        SettingsError, match=r'monitoring:\["?loki:port|monitoring:loki:port is not'
    ):
        load({"monitoring:loki:port": "1"})


def test_what_is_not_encrypted_is_refused(load: Load) -> None:
    with pytest.raises(SettingsError, match="monitoring:scrapeSecrets is in clear text"):
        load({"monitoring:scrapeSecrets": '{"backend": "s3cret"}'})


def test_the_environment_names_the_engine_where_the_settings_do_not(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://engine:2375")
    assert load({}).docker_host == "tcp://engine:2375"
