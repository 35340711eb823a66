"""The Python packages: each has one version, and is known by its hashes."""

from __future__ import annotations

import re

import pytest

from bootstrap.paths import ROOT

LOCKED = {"requirements.in": "requirements.txt", "requirements-dev.in": "requirements-dev.txt"}


def versions(file: str) -> dict[str, str]:
    """Return the packages of a file with their versions, by the name that the index knows."""
    lines = (ROOT / file).read_text().splitlines()
    found = [re.match(r"([A-Za-z0-9._-]+)(?:==(\S+))?", line) for line in lines]
    return {each[1].lower().replace("_", "-"): each[2] for each in found if each}


@pytest.mark.parametrize("file", LOCKED.values())
def test_pip_is_given_a_version_and_hashes_of_every_package(file: str) -> None:
    text = re.sub(r"^ *#.*\n", "", (ROOT / file).read_text(), flags=re.MULTILINE)
    packages = re.sub(r"\\\n", "", text).splitlines()
    assert len(packages) > len(versions(file.replace("txt", "in")))
    wanted = r"\S+==\S+ (; .+? )?( *--hash=sha256:[0-9a-f]{64})+"
    assert [line for line in packages if not re.fullmatch(wanted, line)] == []


@pytest.mark.parametrize(("asked", "locked"), LOCKED.items())
def test_what_is_asked_for_is_what_is_locked(asked: str, locked: str) -> None:
    wanted, found = versions(asked), versions(locked)
    assert {name: found.get(name) for name in wanted} == wanted


def test_the_tests_run_with_the_programs_packages() -> None:
    program, tests = versions("requirements.txt"), versions("requirements-dev.txt")
    assert {name: tests.get(name) for name in program} == program
