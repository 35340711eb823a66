"""The images that a stack runs, and what is written of them into its configuration."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from operate import stack_images, stacks
from setup.local_builds import Policy
from tests.unit.programs import fake

DEFAULTS = {"loki": "grafana/loki:3.7.7", "grafana": "grafana/grafana:13.2.1"}
LAB = {"loki": "lab/loki:1", "grafana": "lab/grafana:1"}
NO_HOST = "echo 'dial tcp: lookup registry.example: no such host'; exit 1"


@pytest.fixture(autouse=True)
def lab_that_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab that has its images at once."""
    monkeypatch.delenv("LAB", raising=False)
    monkeypatch.setattr("setup.local_builds.images", lambda names: {n: f"lab/{n}:1" for n in names})


@pytest.mark.parametrize("settings", [None, 5, {"image": 7}, {"port": 3001}])
def test_without_an_image_in_the_settings_the_default_is_meant(settings: object) -> None:
    assert stack_images.chosen_image(settings, "grafana/grafana:1") == "grafana/grafana:1"


def test_the_image_in_the_settings_is_meant() -> None:
    assert stack_images.chosen_image({"image": "mine:2"}, "grafana/grafana:1") == "mine:2"


@dataclass
class Dev:
    """The stack `dev` with a configuration and a history, and what Pulumi was told to change."""

    config: dict[str, object] = field(default_factory=dict)
    history: list[dict[str, object]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def choose(self, policy: Policy = Policy.UNREACHABLE) -> dict[str, str]:
        """Have its images."""
        return stack_images.choose(stacks.Stack("dev", {}), self.config, policy)


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch) -> Dev:
    made = Dev()

    def must(_stack: stacks.Stack, *command: str) -> str:
        if command[:2] == ("stack", "history"):
            return json.dumps(made.history)
        made.told.append(" ".join(command))
        return ""

    monkeypatch.setattr(stack_images, "DEFAULT_IMAGES", DEFAULTS)
    monkeypatch.setattr(stacks.Stack, "must", must)
    return made


def update(image: str | None, result: str = "succeeded", kind: str = "update") -> dict[str, object]:
    """An entry of `pulumi stack history --json`, with Grafana's image."""
    settings = {"objectValue": {"image": image}} if image else {"objectValue": {}}
    return {"kind": kind, "result": result, "config": {"monitoring:grafana": settings}}


VOLUME = "[ \"$1 $3\" = 'volume monitoring-dev-grafana' ] && exit; "
"""Docker's answers where Grafana's volume is there."""


def test_what_the_lab_built_is_written_into_the_configuration(on_path: Path, dev: Dev) -> None:
    fake(on_path, "docker", NO_HOST)
    assert dev.choose() == LAB
    assert dev.told == [
        f"config set --path monitoring:{service}.image lab/{service}:1" for service in DEFAULTS
    ]


def test_once_the_official_images_can_be_had_dev_goes_back_to_them(on_path: Path, dev: Dev) -> None:
    dev.config = {f"monitoring:{service}": {"image": image} for service, image in LAB.items()}
    fake(on_path, "docker", '[ "$1" = pull ]')
    assert dev.choose() == DEFAULTS
    assert dev.told == [f"config rm --path monitoring:{service}.image" for service in DEFAULTS]


def test_while_they_cannot_the_labs_images_stay(on_path: Path, dev: Dev) -> None:
    dev.config = {f"monitoring:{service}": {"image": image} for service, image in LAB.items()}
    fake(on_path, "docker", VOLUME + NO_HOST)
    assert dev.choose() == LAB
    assert not dev.told


@pytest.mark.parametrize("policy", [Policy.ALWAYS, Policy.AS_WRITTEN])
def test_written_images_of_the_lab_stay_by_word_and_in_other_environments(
    on_path: Path, dev: Dev, policy: Policy
) -> None:
    dev.config = {f"monitoring:{service}": {"image": image} for service, image in LAB.items()}
    fake(on_path, "docker", "exit 0")
    assert dev.choose(policy) == LAB


def test_an_image_that_was_chosen_is_not_replaced(on_path: Path, dev: Dev) -> None:
    dev.config = {"monitoring:grafana": {"image": "ours/grafana:1"}}
    fake(on_path, "docker", NO_HOST)
    with pytest.raises(CommandError, match="an image that was chosen is not replaced"):
        dev.choose()


@pytest.mark.parametrize(
    "history",
    [
        [],
        [update(None)],
        [update("grafana/grafana:12"), update("lab/grafana:1")],
        # A try with the lab's image that failed has not made the volume the lab's.
        [update("lab/grafana:1", "failed"), update(None)],
    ],
)
@pytest.mark.parametrize("policy", [Policy.UNREACHABLE, Policy.ALWAYS])
def test_on_a_volume_that_another_image_may_have_made_the_lab_starts_nothing(
    on_path: Path, dev: Dev, history: list[dict[str, object]], policy: Policy
) -> None:
    dev.history = history
    fake(on_path, "docker", VOLUME + NO_HOST)
    with pytest.raises(CommandError, match="docker volume rm monitoring-dev-grafana"):
        dev.choose(policy)
    assert not dev.told


@pytest.mark.parametrize(
    "history",
    [
        [update("lab/grafana:1"), update(None)],
        [update(None, kind="destroy"), update("lab/grafana:1", "failed"), update("lab/grafana:0")],
        [update("lab/grafana:1", "failed")],
    ],
)
def test_a_volume_of_the_labs_is_taken_up_again(
    on_path: Path, dev: Dev, history: list[dict[str, object]]
) -> None:
    dev.history = history
    fake(on_path, "docker", VOLUME + NO_HOST)
    assert dev.choose() == LAB
