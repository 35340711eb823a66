"""Settings of all kinds: the wrong are refused with key and remedy, the right reach the files."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import yaml
from hypothesis import Phase, given
from hypothesis import settings as run
from yaml import CSafeLoader

from stack import configs, services
from stack.services import prometheus
from stack.settings import loading, reference
from stack.settings.model import Settings
from stack.settings.problems import Path, Problem, SettingsError
from tests.unit.stack.settings import broken_settings, valid_settings

# The same environments at each run, on however slow a machine. To make a failing one smaller would
# take minutes.
_ALIKE = run(derandomize=True, database=None, deadline=None, phases=[Phase.generate])
EDITOR = jsonschema.Draft202012Validator(reference.editor_schema())


def load(values: dict[str, Any]) -> Settings:
    return loading.parse("dev", values, is_secret=lambda _key: True)


def problems(values: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with an environment."""
    try:
        load(values)
    except SettingsError as error:
        return error.problems
    return []


def test_what_the_declaration_shows_of_each_setting_is_right_together() -> None:
    assert problems(broken_settings.everything()) == []


@given(broken_settings.environments())
@run(_ALIKE, max_examples=300)
def test_a_malformed_environment_is_refused_with_each_key_and_a_remedy(
    drawn: tuple[dict[str, Any], list[Path]],
) -> None:
    values, wrong = drawn
    found = problems(values)
    for path in wrong:
        assert any(problem.path[: len(path)] == path for problem in found), path
    for problem in found:
        said = problem.describe("dev")
        assert problem.key in said
        assert "in Pulumi.dev.yaml, for example:" in said or "pulumi config" in said
        # A name that is not usable stays one whatever value it has.
        is_alone = [each.path for each in found].count(problem.path) == 1
        if problem.example is not None and is_alone:
            fixed = copy.deepcopy(values)
            broken_settings.put(fixed, problem.path, problem.example)
            assert problem.path not in [left.path for left in problems(fixed)]


@given(valid_settings.environments())
@run(_ALIKE, max_examples=25)
def test_what_is_right_is_accepted_by_editors_and_by_the_program_and_reaches_its_files(
    values: dict[str, Any],
) -> None:
    assert editors_complaint(values) is None
    settings = load(values)
    for service in services.describe(settings):
        for file in service.files:
            if file.path.endswith(".yml"):
                yaml.load(file.content, CSafeLoader)
    written = yaml.load(configs.dump_yaml(prometheus.configuration(settings)), CSafeLoader)
    scraped = {each["job_name"]: each for each in written["scrape_configs"]}
    [own] = scraped["prometheus"]["static_configs"]
    assert own["labels"].items() >= values.get("labels", {}).items()
    for job in values["jobs"]:
        assert scraped[job["name"]]["metrics_path"] == job.get("path", "/metrics")


def editors_complaint(values: dict[str, Any]) -> str | None:
    """Return what an editor says of values, whose secrets the CLI has encrypted."""
    written = dict(values)
    for key in ("grafanaAdminPassword", "scrapeSecrets", "alertSecrets"):
        if isinstance(found := values.get(key), dict):
            written[key] = {name: {"secure": "v1:abc"} for name in found}
        elif found:
            written[key] = {"secure": "v1:abc"}
    config = {f"monitoring:{key}": value for key, value in written.items()}
    error = jsonschema.exceptions.best_match(EDITOR.iter_errors({"config": config}))
    return str(error) if error else None
