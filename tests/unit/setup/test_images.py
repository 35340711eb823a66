"""The services' images: pulled, or made by the lab where that may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from setup import images
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


def test_present_images_are_not_pulled(on_path: Path) -> None:
    fake(on_path, "docker", '[ "$1 $2" = "image inspect" ]')
    assert images.ready(DEFAULTS, Policy.UNREACHABLE) == DEFAULTS


def test_where_no_registry_can_be_reached_the_missing_images_are_built(on_path: Path) -> None:
    fake(
        on_path, "docker", f'[ "$1 $2 $5" = "image inspect grafana/loki:3.7.7" ] && exit; {NO_HOST}'
    )
    built = {**DEFAULTS, "grafana": "lab/grafana:1"}
    assert images.ready(DEFAULTS, Policy.UNREACHABLE) == built


@pytest.mark.parametrize("policy", [Policy.AS_WRITTEN, Policy.NEVER])
def test_only_dev_gets_the_labs_images_by_itself(on_path: Path, policy: Policy) -> None:
    fake(on_path, "docker", NO_HOST)
    with pytest.raises(CommandError, match=r"loki:3\.7\.7 .*no such host.* LAB=yes"):
        images.ready(DEFAULTS, policy)


def test_with_a_word_the_lab_builds_without_asking_a_registry(on_path: Path) -> None:
    fake(on_path, "docker", '[ "$1" = pull ] && echo pulled > "$0.asked"; exit 1')
    assert images.ready(DEFAULTS, Policy.ALWAYS) == LAB
    assert not (on_path / "docker.asked").exists()


def test_an_image_that_is_refused_is_an_error_and_not_built(on_path: Path) -> None:
    fake(on_path, "docker", 'echo "manifest for $2 not found: manifest unknown"; exit 1')
    with pytest.raises(CommandError, match="correct the image"):
        images.ready(DEFAULTS, Policy.UNREACHABLE)


def test_the_lab_is_asked_for_its_own_image_even_where_one_of_that_name_is_present(
    on_path: Path,
) -> None:
    fake(on_path, "docker", "exit 0")
    assert images.ready({"loki": "lab/loki:0"}, Policy.AS_WRITTEN) == {"loki": "lab/loki:1"}
