from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bootstrap.paths import ROOT
from operate import new_environment
from stack.settings import loading, reference

FILES = [ROOT / f"Pulumi.{name}.yaml" for name in ("dev", "staging", "prod")]


def test_the_page_is_the_one_of_the_settings() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page()


def test_the_editors_schema_is_the_one_of_the_settings() -> None:
    found = reference.EDITOR_SCHEMA.read_text(encoding="utf-8")
    assert json.loads(found) == reference.editor_schema()
    jsonschema.Draft202012Validator.check_schema(reference.editor_schema())


def complaint(content: dict[str, Any]) -> str | None:
    """Return what an editor would say of a file's content."""
    validator = jsonschema.Draft202012Validator(reference.editor_schema())
    error = jsonschema.exceptions.best_match(validator.iter_errors(content))
    return str(error.message) if error else None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_environment_is_right_for_editors_and_for_the_program(file: Path) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert complaint(content) is None
    own = {key.removeprefix("monitoring:"): value for key, value in content["config"].items()}
    own["grafanaAdminPassword"] = "correct horse"
    loading.parse(file.name, own, is_secret=lambda _key: True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_environment_tells_editors_of_the_schema(file: Path) -> None:
    head, _, path = file.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")
    assert head == "# yaml-language-server: "
    assert file.parent / path == reference.EDITOR_SCHEMA


def test_a_new_environment_is_right_for_editors(tmp_path: Path) -> None:
    file = new_environment.write("qa", tmp_path)
    assert complaint(yaml.safe_load(file.read_text(encoding="utf-8"))) is None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"monitoring:grafanna": {}}, "'monitoring:grafanna'"),
        ({"monitoring:grafana": {"prot": 3001}}, "'prot' was unexpected"),
        ({"monitoring:grafana": {"port": 70_000}}, "70000"),
        ({"monitoring:loki": {"retention": "14 days"}}, "'14 days'"),
        ({"monitoring:jobs": [{"name": "backend"}]}, "'targets' is a required property"),
        ({"monitoring:jobs": [{"name": "a", "targets": ["a:1"], "auth": "digest"}]}, "'digest'"),
        ({"monitoring:labels": {"__team": "a"}}, "'__team'"),
        ({"monitoring:keepVolumes": "yes"}, "'yes'"),
    ],
)
def test_an_editor_marks_what_the_program_would_refuse(settings: dict[str, Any], says: str) -> None:
    assert says in (complaint({"config": settings}) or "")


def test_an_editor_accepts_what_the_cli_writes() -> None:
    encrypted = {"secure": "v1:abc"}
    written = {
        "monitoring:grafanaAdminPassword": encrypted,
        "monitoring:scrapeSecrets": {"backend": encrypted},
        "monitoring:alertSecrets": {"slackUrl": encrypted},
        "monitoring:keepVolumes": "false",
        "monitoring:grafana": {"port": 3001},
        "docker:host": "unix:///var/run/docker.sock",
    }
    assert complaint({"encryptionsalt": "v1:abc", "config": written}) is None
