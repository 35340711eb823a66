"""New environments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bootstrap.progress import CommandError
from operate import new_environment
from stack.settings import loading


def test_a_new_environment_has_ports_that_no_other_has(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    first, second = (new_environment.write(name, tmp_path) for name in ("qa", "load-test"))
    assert [ports(file) for file in (first, second)] == [(3001, 9091), (3002, 9092)]


def test_a_new_environments_ports_are_not_those_of_a_file_in_another_style(tmp_path: Path) -> None:
    text = '{"monitoring:grafana": {"port": "3000"}, "monitoring:prometheus": {port: 9091}}'
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config: {text}\n")
    assert ports(new_environment.write("qa", tmp_path)) == (3002, 9092)


def ports(file: Path) -> tuple[int, int]:
    content = yaml.safe_load(file.read_text())["config"]
    return content["monitoring:grafana"]["port"], content["monitoring:prometheus"]["port"]


def test_a_new_environment_needs_only_its_password(tmp_path: Path) -> None:
    content = yaml.safe_load(new_environment.write("qa", tmp_path).read_text())["config"]
    own = {key.removeprefix("monitoring:"): value for key, value in content.items()}
    own["grafanaAdminPassword"] = "correct horse"
    settings = loading.parse("qa", own, is_secret=lambda _key: True)
    assert settings.logs.projects == ("app-qa",)


def test_an_environment_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    new_environment.write("qa", tmp_path)
    with pytest.raises(CommandError, match=r"already: edit Pulumi\.qa\.yaml"):
        new_environment.check("qa", tmp_path)


@pytest.mark.parametrize("name", ["", "Staging", "../dev", "a b", "-x", "x" * 41])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"'{re.escape(name)}' cannot be the name"):
        new_environment.check(name, tmp_path)


@pytest.mark.parametrize("name", ["dev-internal", "dev-grafana", "a-b-grafana"])
def test_a_name_whose_network_is_another_environments_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"monitoring-{name} is a network of the stack"):
        new_environment.check(name, tmp_path)
