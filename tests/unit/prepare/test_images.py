"""The services' images: pulled, or made by the lab where that may be."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from prepare import images, lab_use, stacks
from prepare.lab_use import Lab
from prepare.progress import SetupError
from tests.unit.prepare.conftest import fake

DEFAULTS = {"loki": "grafana/loki:3.7.7", "grafana": "grafana/grafana:13.2.1"}
LAB = {"loki": "lab/loki:1", "grafana": "lab/grafana:1"}
NO_HOST = "echo 'dial tcp: lookup registry.example: no such host'; exit 1"


@pytest.fixture(autouse=True)
def lab_that_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab that has its images at once."""
    monkeypatch.delenv("LAB", raising=False)
    monkeypatch.setattr("prepare.golang.images", lambda names: {n: f"lab/{n}:1" for n in names})


def test_present_images_are_not_pulled(on_path: Path) -> None:
    fake(on_path, "docker", '[ "$1 $2" = "image inspect" ]')
    assert images.ready(DEFAULTS, Lab.UNREACHABLE) == DEFAULTS


def test_where_no_registry_can_be_reached_the_missing_images_are_built(on_path: Path) -> None:
    fake(
        on_path, "docker", f'[ "$1 $2 $5" = "image inspect grafana/loki:3.7.7" ] && exit; {NO_HOST}'
    )
    built = {**DEFAULTS, "grafana": "lab/grafana:1"}
    assert images.ready(DEFAULTS, Lab.UNREACHABLE) == built


@pytest.mark.parametrize("lab", [Lab.AS_WRITTEN, Lab.NEVER])
def test_only_dev_gets_the_labs_images_by_itself(on_path: Path, lab: Lab) -> None:
    fake(on_path, "docker", NO_HOST)
    with pytest.raises(SetupError, match=r"loki:3\.7\.7 .*no such host.* LAB=yes"):
        images.ready(DEFAULTS, lab)


def test_with_a_word_the_lab_builds_without_asking_a_registry(on_path: Path) -> None:
    fake(on_path, "docker", '[ "$1" = pull ] && echo pulled > "$0.asked"; exit 1')
    assert images.ready(DEFAULTS, Lab.ALWAYS) == LAB
    assert not (on_path / "docker.asked").exists()


def test_an_image_that_is_refused_is_an_error_and_not_built(on_path: Path) -> None:
    fake(on_path, "docker", 'echo "manifest for $2 not found: manifest unknown"; exit 1')
    with pytest.raises(SetupError, match="correct the image"):
        images.ready(DEFAULTS, Lab.UNREACHABLE)


def test_the_lab_is_asked_for_its_own_image_even_where_one_of_that_name_is_present(
    on_path: Path,
) -> None:
    fake(on_path, "docker", "exit 0")
    assert images.ready({"loki": "lab/loki:0"}, Lab.AS_WRITTEN) == {"loki": "lab/loki:1"}


@pytest.mark.parametrize("settings", [None, 5, {"image": 7}, {"port": 3001}])
def test_without_an_image_in_the_settings_the_default_is_meant(settings: object) -> None:
    assert stacks.chosen_image(settings, "grafana/grafana:1") == "grafana/grafana:1"


def test_the_image_in_the_settings_is_meant() -> None:
    assert stacks.chosen_image({"image": "mine:2"}, "grafana/grafana:1") == "mine:2"


@pytest.mark.parametrize(
    ("stack", "word", "expected"),
    [
        ("dev", "", Lab.UNREACHABLE),
        ("prod", "", Lab.AS_WRITTEN),
        ("prod", "yes", Lab.ALWAYS),
        ("dev", "no", Lab.NEVER),
    ],
)
def test_the_lab_is_for_dev_or_by_word(
    stack: str, word: str, expected: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB", word)
    assert lab_use.chosen(stack) is expected


def test_another_word_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB", "true")
    with pytest.raises(SetupError, match="yes or no, not 'true'"):
        lab_use.chosen("dev")


@dataclass
class Dev:
    """The stack `dev` with a configuration and a history, and what Pulumi was told to change."""

    config: dict[str, object] = field(default_factory=dict)
    history: list[dict[str, object]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def choose(self, lab: Lab = Lab.UNREACHABLE) -> dict[str, str]:
        """Have its images."""
        return stacks.choose_images(stacks.Stack("dev", {}), self.config, lab)


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch) -> Dev:
    made = Dev()

    def must(_stack: stacks.Stack, *command: str) -> str:
        if command[:2] == ("stack", "history"):
            return json.dumps(made.history)
        made.told.append(" ".join(command))
        return ""

    monkeypatch.setattr(images, "defaults", lambda: DEFAULTS)
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


@pytest.mark.parametrize("lab", [Lab.ALWAYS, Lab.AS_WRITTEN])
def test_written_images_of_the_lab_stay_by_word_and_in_other_environments(
    on_path: Path, dev: Dev, lab: Lab
) -> None:
    dev.config = {f"monitoring:{service}": {"image": image} for service, image in LAB.items()}
    fake(on_path, "docker", "exit 0")
    assert dev.choose(lab) == LAB


def test_an_image_that_was_chosen_is_not_replaced(on_path: Path, dev: Dev) -> None:
    dev.config = {"monitoring:grafana": {"image": "ours/grafana:1"}}
    fake(on_path, "docker", NO_HOST)
    with pytest.raises(SetupError, match="an image that was chosen is not replaced"):
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
@pytest.mark.parametrize("lab", [Lab.UNREACHABLE, Lab.ALWAYS])
def test_on_a_volume_that_another_image_may_have_made_the_lab_starts_nothing(
    on_path: Path, dev: Dev, history: list[dict[str, object]], lab: Lab
) -> None:
    dev.history = history
    fake(on_path, "docker", VOLUME + NO_HOST)
    with pytest.raises(SetupError, match="docker volume rm monitoring-dev-grafana"):
        dev.choose(lab)
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
