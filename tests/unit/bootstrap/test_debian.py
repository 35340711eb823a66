"""Debian's packages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bootstrap import debian
from tests.unit.programs import fake


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("ID=debian\n", True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ("ID=fedora", False),
    ],
)
def test_debian_and_its_descendants_are_known(
    tmp_path: Path,
    release: str,
    expected: bool,
) -> None:
    (tmp_path / "os-release").write_text(release)
    assert debian.here(tmp_path / "os-release") is expected


def test_system_programs_are_found_where_the_path_lacks_their_folders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/sbin")
    debian.extend_path()
    assert os.environ["PATH"] == "/usr/bin:/sbin:/usr/sbin"


def test_a_package_is_never_removed_for_another(on_path: Path) -> None:
    fake(on_path, "apt-get", f'echo "$*" >> "{on_path}/told"')
    debian.install("docker.io")
    told = (on_path / "told").read_text().splitlines()
    install = [line for line in told if "docker.io" in line]
    assert all("--no-remove" in line for line in install)
    assert ["--download-only" in line for line in install] == [True, False]
