"""What the workflows' own checkers (actionlint, zizmor) leave open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from bootstrap.paths import ROOT

FILES = {path.stem: path for path in (ROOT / ".github/workflows").iterdir()}
TEXTS = {name: path.read_text() for name, path in FILES.items()}
WORKFLOWS: dict[str, Any] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
READ = {"contents": "read"}
PERMISSIONS = {
    ("check", "check"): READ,
    ("images", "images"): READ,
    ("mutation", "mutation"): READ,
    ("preview", "touched"): READ,
    ("preview", "preview"): READ | {"pull-requests": "write"},
    ("deploy", "touched"): READ,
    ("deploy", "deploy"): READ,
    ("backup", "all"): READ,
    ("backup", "backup"): READ,
    ("drift", "all"): READ,
    ("drift", "drift"): READ | {"issues": "write"},
}


def jobs() -> Iterator[tuple[tuple[str, str], Any]]:
    """Return every job, by the names of its workflow and its own."""
    for workflow, content in WORKFLOWS.items():
        for name, job in content["jobs"].items():
            yield (workflow, name), job


def steps(workflow: str, job: str) -> Iterator[Any]:
    yield from WORKFLOWS[workflow]["jobs"][job]["steps"]


def test_no_job_may_do_more_than_listed_here() -> None:
    assert {name: job["permissions"] for name, job in jobs()} == PERMISSIONS


def test_every_job_ends_by_itself() -> None:
    most = {("mutation", "mutation"): 240}
    assert all(job["timeout-minutes"] <= most.get(name, 60) for name, job in jobs())


def test_each_pinned_action_says_its_version() -> None:
    uses = re.findall(r"uses: (.*)", "".join(TEXTS.values()))
    assert uses
    assert not [
        line for line in uses if not re.fullmatch(r"\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    ]


def test_every_make_target_that_a_workflow_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = re.findall(r"\bmake (?:-s )?([a-z-]+)", "".join(TEXTS.values()))
    assert {"check", "preview", "up", "verify", "drift"} <= set(named) <= targets


def test_a_running_deploy_is_never_cancelled_and_is_alone_in_its_environment() -> None:
    assert "concurrency" not in WORKFLOWS["deploy"]
    assert WORKFLOWS["deploy"]["jobs"]["deploy"]["concurrency"] == {
        "group": "deploy-${{ matrix.environment }}",
        "cancel-in-progress": False,
    }


def test_only_the_deploy_is_given_what_the_protection_of_an_environment_guards() -> None:
    environments = {name: job["environment"] for name, job in jobs() if "environment" in job}
    suffix = {"deployment": False}
    assert environments == {
        ("deploy", "deploy"): "${{ matrix.environment }}",
        ("preview", "preview"): {"name": "${{ matrix.environment }}-preview", **suffix},
        ("backup", "backup"): {"name": "${{ matrix.environment }}-drift", **suffix},
        ("drift", "drift"): {"name": "${{ matrix.environment }}-drift", **suffix},
    }


@pytest.mark.parametrize(
    ("workflow", "forbidden"),
    [
        *(("check", word) for word in ("secrets.", "vars.")),
        *(("images", word) for word in ("secrets.", "vars.")),
        ("preview", "DOCKER_SSH_KEY"),
    ],
)
def test_the_code_of_a_pull_request_never_meets(workflow: str, forbidden: str) -> None:
    assert forbidden not in TEXTS[workflow]


@pytest.mark.parametrize(("workflow", "job"), PERMISSIONS)
def test_what_is_downloaded_comes_before_the_first_secret(workflow: str, job: str) -> None:
    given = [
        any(word in str(step) for word in ("secrets.", "vars.")) for step in steps(workflow, job)
    ]
    runs = [step.get("run") for step in steps(workflow, job)]
    assert not any(given) or runs.index('make tools STACK="$STACK"') < given.index(True)


def test_a_change_of_a_version_is_tried_on_the_images_that_users_pull() -> None:
    # YAML 1.1 reads the key `on` as a boolean.
    paths = WORKFLOWS["images"][True]["pull_request"]["paths"]
    declared = [path for path in ROOT.glob("stack/*.py") if "formats.IMAGE" in path.read_text()]
    assert {f"stack/{path.name}" for path in declared} | {"requirements.txt"} <= set(paths)


def test_a_fork_gets_no_preview() -> None:
    condition = WORKFLOWS["preview"]["jobs"]["touched"]["if"]
    assert condition == "github.event.pull_request.head.repo.full_name == github.repository"
    assert WORKFLOWS["preview"]["jobs"]["preview"]["needs"] == "touched"


def test_only_main_is_deployed() -> None:
    assert WORKFLOWS["deploy"]["jobs"]["touched"]["if"] == "github.ref == 'refs/heads/main'"
    assert WORKFLOWS["deploy"]["jobs"]["deploy"]["needs"] == "touched"


@pytest.mark.parametrize(("workflow", "job"), PERMISSIONS)
def test_the_token_is_given_only_to_the_step_that_writes_to_github(workflow: str, job: str) -> None:
    given = [step for step in steps(workflow, job) if "github.token" in str(step)]
    assert all(re.search("-m commands (post|close)-", step["run"]) for step in given)
    assert bool(given) == ("write" in PERMISSIONS[workflow, job].values())


@pytest.mark.parametrize("name", ["preview", "drift"])
def test_something_is_said_also_where_it_broke_off(name: str) -> None:
    before, after = [step for step in steps(name, name) if f"{name}.md" in str(step)][::2]
    assert f"<!-- monitoring-{name}:$STACK -->" in before["run"]
    assert after["if"] in ("${{ !cancelled() }}", "failure()")


def test_no_deploy_lets_the_lab_build_a_stand_in() -> None:
    assert "LAB" not in TEXTS["deploy"]


def test_a_deploy_ends_with_the_proof_that_it_works() -> None:
    *_, before, _ = steps("deploy", "deploy")
    assert before["run"].startswith("make verify ")


@pytest.mark.parametrize("name", ["deploy", "drift"])
def test_the_agent_that_has_the_key_is_ended_whatever_happened(name: str) -> None:
    last = max(i for i, step in enumerate(steps(name, name)) if "DOCKER_SSH_KEY" in str(step))
    after = list(steps(name, name))[last + 1]
    assert "ssh-agent -k" in after["run"]
    assert after["if"] == "always()"
