"""How the example application is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from operate import example
from tests.unit.programs import fake


def test_the_example_is_built_on_the_labs_base_images_where_the_stack_runs_the_labs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("setup.local_builds.images", lambda names: {n: f"lab/{n}:1" for n in names})
    assert example.bases({"loki": "grafana/loki:3.7.7"}) == {}
    lab = example.bases({"loki": "lab/loki:3.7.7"})
    assert (lab["NODE_IMAGE"], lab["NGINX_IMAGE"]) == ("lab/node:1", "lab/nginx:1")


def test_a_build_that_fails_is_an_error_with_the_builders_words(on_path: Path) -> None:
    fake(on_path, "docker", '[ "$1 $2" = "compose version" ] || { echo "no such base"; exit 1; }')
    with pytest.raises(CommandError, match="could not be built:\nno such base"):
        example.build({})
