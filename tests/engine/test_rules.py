"""The alert rules, read, linted and tested by Prometheus' own promtool."""

from __future__ import annotations

import pytest

from tests.engine import docker
from tests.engine.environment import ROOT

RULES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("configs/*/rules/*.yml"))
TESTS = sorted(path.name for path in (ROOT / "tests/rules").glob("*.yml"))


def promtool(images: dict[str, str], *arguments: str) -> str:
    """Run promtool of the Prometheus image, which sees the repository as /work."""
    return docker.docker(
        *("run", "--rm", "--volume", f"{ROOT}:/work:ro", "--entrypoint", "promtool"),
        *(images["prometheus"], *arguments),
    )


def test_the_rules_pass_every_lint(images: dict[str, str]) -> None:
    files = [f"/work/{name}" for name in RULES]
    promtool(images, "check", "rules", "--lint=all", "--lint-fatal", *files)


@pytest.mark.parametrize("name", TESTS)
def test_the_rules_fire_when_they_must_and_are_silent_when_they_must(
    name: str, images: dict[str, str]
) -> None:
    promtool(images, "test", "rules", f"/work/tests/rules/{name}")
