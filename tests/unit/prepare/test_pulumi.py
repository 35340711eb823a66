"""Where Pulumi comes from."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import tarfile
from pathlib import Path

import pytest

from prepare import (
    download,
    pulumi_cli,
)
from prepare.progress import SetupError
from prepare.versions import parse_version
from tests.unit.prepare.conftest import fake


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("v3.259.0\n", (3, 259, 0)), ("warning: old\nv3.9.12-dev.1", (3, 9, 12)), ("", ())],
)
def test_a_version_is_read_from_what_the_cli_prints(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_version(text) == numbers


def test_versions_compare_as_numbers_and_not_as_text() -> None:
    assert parse_version("v3.1000.0") > parse_version("v3.259.0")


def test_a_sufficient_pulumi_of_the_users_is_taken(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = fake(on_path, "pulumi", "echo v3.300.1")
    monkeypatch.setattr(pulumi_cli, "BIN", tmp_path / "tools")
    assert str(program) in pulumi_cli.choose()


def test_a_pulumi_that_is_too_old_is_not_taken(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(on_path, "pulumi", "echo v3.100.0")
    monkeypatch.setattr(pulumi_cli, "BIN", tmp_path / "tools")
    monkeypatch.setattr(download, "official", lambda into: into.mkdir())
    assert "official release" in pulumi_cli.choose()


def test_without_a_download_pulumi_is_built(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_into: Path) -> None:
        raise download.UnreachableError("no route")

    fake(on_path, "go", "echo go version go1.26.8 linux/amd64")
    built = tmp_path / "built"
    built.mkdir()
    fake(built, "pulumi", "echo v3.259.0")
    monkeypatch.setattr(pulumi_cli, "BIN", tmp_path / "tools")
    monkeypatch.setattr(download, "official", unreachable)
    monkeypatch.setattr("lab.tools", lambda: built)
    assert "built by lab" in pulumi_cli.choose()
    assert (tmp_path / "tools" / "pulumi").readlink() == built / "pulumi"


def test_the_provider_has_the_version_of_its_pinned_sdk() -> None:
    assert pulumi_cli.provider_version("pulumi==3.272.0\npulumi-docker==5.2.0\n") == "5.2.0"


def packed(folder: Path, *names: str) -> Path:
    """An archive with files of these names, each holding its own name."""
    archive = folder / "release.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            tar.addfile(entry, io.BytesIO(name.encode()))
    return archive


def test_a_download_with_another_checksum_is_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path, "pulumi/pulumi")
    with pytest.raises(SetupError, match="was not unpacked"):
        download.verify(archive, "pulumi.tar.gz", f"{'0' * 64}  pulumi.tar.gz\n")


def test_a_download_that_the_release_does_not_list_is_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path, "pulumi/pulumi")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    with pytest.raises(SetupError, match="no such file"):
        download.verify(archive, "pulumi.tar.gz", f"{digest}  another.tar.gz\n")


def test_a_download_with_the_listed_checksum_is_accepted(tmp_path: Path) -> None:
    archive = packed(tmp_path, "pulumi/pulumi")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    download.verify(archive, "pulumi.tar.gz", f"{'0' * 64}  other\n{digest}  pulumi.tar.gz\n")


def test_a_verified_download_becomes_programs_that_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(tmp_path, *(f"pulumi/{name}" for name in download.NEEDED))
    name = download.archive_name(platform.system(), platform.machine())
    archive.rename(tmp_path / name)
    digest = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    (tmp_path / "checksums.txt").write_text(f"{digest}  {name}\n")
    monkeypatch.setattr(download, "ARCHIVES", f"file://{tmp_path}/")
    monkeypatch.setattr(download, "CHECKSUMS", f"file://{tmp_path}/checksums.txt")
    download.official(tmp_path / "bin")
    assert os.access(tmp_path / "bin" / "pulumi", os.X_OK)


def test_download_sites_out_of_reach_are_told_from_a_bad_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "CHECKSUMS", f"file://{tmp_path}/none")
    with pytest.raises(download.UnreachableError):
        download.official(tmp_path / "bin")


def test_only_the_needed_programs_are_unpacked_and_only_into_the_folder(tmp_path: Path) -> None:
    needed = [f"pulumi/{name}" for name in download.NEEDED]
    archive = packed(tmp_path, *needed, "pulumi/pulumi-watch", "../../escaped")
    download.unpack(archive, tmp_path / "a" / "bin")
    unpacked = sorted((tmp_path / "a" / "bin").iterdir())
    assert [file.name for file in unpacked] == sorted(download.NEEDED)
    assert all(os.access(file, os.X_OK) for file in unpacked)


def test_a_system_without_a_release_is_told_to_install_pulumi() -> None:
    with pytest.raises(SetupError, match="install Pulumi"):
        download.archive_name("Plan9", "x86_64")


def test_the_archive_is_named_as_the_release_names_it() -> None:
    assert (
        download.archive_name("Linux", "aarch64")
        == f"pulumi-v{download.VERSION}-linux-arm64.tar.gz"
    )
