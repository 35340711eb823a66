"""The virtual environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import virtualenv


def test_python_packages_are_installed_again_when_requirements_change(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("pulumi==1\n")
    before = virtualenv.fingerprint(file)
    file.write_text("pulumi==2\n")
    assert virtualenv.fingerprint(file) != before


@pytest.mark.parametrize(("made_in", "moved"), [("project", False), ("elsewhere", True)])
def test_a_checkout_that_was_renamed_needs_another_virtual_environment(
    tmp_path: Path, made_in: str, *, moved: bool
) -> None:
    scripts = tmp_path / "project" / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "pip").write_text(f"#!{tmp_path}/{made_in}/.venv/bin/python\nimport pip\n")
    assert virtualenv.was_moved(scripts.parent) is moved
    # The copy of the program that a test makes has a link.
    link = tmp_path / "link"
    link.symlink_to(scripts.parent)
    assert virtualenv.was_moved(link) is moved
