"""Bad input is an error at preview, before anything is changed, with the key and the remedy."""

from __future__ import annotations

import re
import shlex
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.engine import docker, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.malformed_settings import MALFORMED


@pytest.fixture(scope="module")
def planned(make_environment: MakeEnvironment) -> Environment:
    """Make an environment that is not up."""
    return make_environment()


@pytest.fixture
def broken(planned: Environment) -> Any:
    """Change settings for one test only."""
    path = planned.project / f"Pulumi.{planned.name}.yaml"
    before = path.read_text()
    yield planned
    path.write_text(before)


def refused(environment: Environment, *arguments: str) -> str:
    """Preview in vain; return what the CLI said. Nothing may have been made on the engine."""
    said = environment.preview(*arguments).failed()
    assert docker.names("container", f"{environment.prefix}-") == set()
    assert docker.names("network", environment.prefix) == set()
    assert "Traceback" not in said
    return said


def test_a_wrong_setting_names_its_key_and_shows_the_lines(broken: Environment) -> None:
    broken.configure(loki={"retention": "1h"}, jobs=[{"name": "backend", "targets": ["backend"]}])
    said = refused(broken)
    assert "monitoring:jobs[0].targets[0] is 'backend'" in said
    assert f"in Pulumi.{broken.name}.yaml" in said


@pytest.fixture(scope="module")
def said_of(
    planned: Environment, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Future[str]]:
    """Return what is said of each malformed file. Several at once: each takes seconds."""
    right = (planned.project / f"Pulumi.{planned.name}.yaml").read_text()
    folder = tmp_path_factory.mktemp("malformed")

    def said(name: str) -> str:
        lines, _ = MALFORMED[name]
        file: Path = folder / f"{name}.yaml"
        file.write_text(right.replace("config:\n", f"config:\n{lines}", 1))
        return refused(planned, "--config-file", str(file))

    with ThreadPoolExecutor(4) as pool:
        return {name: pool.submit(said, name) for name in MALFORMED}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_refused_with_the_key_or_the_line(
    name: str, said_of: dict[str, Future[str]]
) -> None:
    said = said_of[name].result()
    assert MALFORMED[name][1] in said
    assert "unsaid" not in said


def test_an_empty_file_is_refused_with_what_is_missing(broken: Environment) -> None:
    (broken.project / f"Pulumi.{broken.name}.yaml").write_text("")
    assert "monitoring:grafanaAdminPassword is missing; set it with: pulumi" in refused(broken)


@pytest.mark.parametrize("key", ["labels", "jobs", "grafana", "keepVolumes"])
def test_a_value_of_another_kind_is_refused_by_the_program_with_its_remedy(
    key: str, broken: Environment
) -> None:
    broken.configure(**{key: "text"})
    assert f"monitoring:{key} is 'text', but must " in refused(broken)


def test_what_would_fail_only_later_is_refused_with_each_key(broken: Environment) -> None:
    broken.configure(
        appNetworks=["host", broken.prefix],
        jobs=[{"name": "backend", "targets": ["backend:3000", "backend:3000"]}],
        labels={"le": "a", "team": ""},
        logs={"redact": 1},
        loki={"memory": "1KB"},
        prometheus={"scrapeInterval": "1ms", "retentionTime": "999999999999y"},
    )
    broken.set_secret("scrapeSecrets.backnd", "s3cret")
    said = refused(broken)
    # What is wrong by itself comes first, what is wrong only with the rest after that.
    for key in ("labels.team", "logs.redact", "loki.memory", "scrapeInterval", "retentionTime"):
        assert key in said
    broken.configure(
        labels={"team": "a"},
        logs={"redact": True},
        loki={"memory": "512MB"},
        prometheus={"scrapeInterval": "1s", "retentionTime": "15d"},
    )
    said = refused(broken)
    for key in ("appNetworks[0]", "appNetworks[1]", "targets[1]", "labels.le", "backnd"):
        assert f"{key} is" in said
    for command in re.findall(r"take it out with: pulumi (.*)", said):
        broken.pulumi(*shlex.split(command)).succeeded()
    left = re.findall(r"^ *monitoring:(\S+) is ", refused(broken), re.MULTILINE)
    assert left == ["labels.le", "appNetworks[0]"]


def test_a_setting_of_another_version_goes_away_with_the_command_that_is_shown(
    broken: Environment,
) -> None:
    broken.configure(prometheus={"retention": "15d"})
    said = refused(broken)
    assert "monitoring:prometheus.retention is not a setting of this version" in said
    assert "did you mean 'retentionTime'?" in said
    [command] = re.findall(r"take it out with: pulumi (.*)", said)
    broken.pulumi(*shlex.split(command)).succeeded()
    broken.preview().succeeded()


def test_a_missing_password_tells_the_command_that_sets_it(broken: Environment) -> None:
    broken.pulumi("config", "rm", "monitoring:grafanaAdminPassword").succeeded()
    assert "pulumi config set --secret monitoring:grafanaAdminPassword" in refused(broken)


def test_a_password_in_clear_text_is_refused_and_not_repeated(broken: Environment) -> None:
    broken.configure(grafanaAdminPassword="in-clear-text")
    said = refused(broken)
    assert "is in clear text" in said
    assert "in-clear-text" not in said


def test_a_port_that_another_program_holds_is_found(broken: Environment) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        broken.configure(grafana={"port": port})
        said = refused(broken)
    assert f"monitoring:grafana.port is {port}, but another program holds that port" in said


def test_a_port_that_another_container_holds_is_found_with_its_name(broken: Environment) -> None:
    name = f"{broken.prefix.replace('monitoring', 'holder')}"
    port = broken.setting("prometheus", "port")
    talker.start(name, "sleep 60", "--publish", f"127.0.0.1:{port}:80")
    try:
        said = refused(broken)
    finally:
        docker.docker("rm", "--force", name)
    assert f"monitoring:prometheus.port is {port}, but the container '{name}' holds" in said


def test_a_missing_network_is_named_with_the_command_that_makes_it(broken: Environment) -> None:
    broken.configure(appNetworks=["no-such-network"])
    said = refused(broken)
    assert "monitoring:appNetworks names 'no-such-network'" in said
    assert "docker network create no-such-network" in said


def test_another_data_folder_of_the_engine_is_named_with_the_command_that_sets_it(
    broken: Environment,
) -> None:
    broken.configure(dockerRoot="/srv/no/such/folder")
    root = docker.docker("info", "--format", "{{.DockerRootDir}}")
    assert f"pulumi config set monitoring:dockerRoot {root}" in refused(broken)


@pytest.mark.parametrize("address", ["unix:///no/such/docker.sock", "tcp://127.0.0.1:1"])
def test_an_engine_that_does_not_answer_is_said_in_one_sentence(
    address: str, broken: Environment
) -> None:
    broken.configure(dockerHost=address)
    said = refused(broken)
    assert f"the Docker engine at {address} does not answer: start it" in said


def test_two_dashboards_with_one_uid_are_both_named(broken: Environment) -> None:
    folder = broken.project / "configs" / "grafana" / "dashboards"
    copied = folder / "copied.json"
    copied.write_text((folder / "application.json").read_text())
    try:
        said = refused(broken)
    finally:
        copied.unlink()
    assert "fix configs/grafana/dashboards/copied.json, uid: it is 'application', as in" in said
    assert "configs/grafana/dashboards/application.json" in said
