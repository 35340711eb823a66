"""The lab: what its recipes promise, and that only complete, current results are used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import lab
from lab import build, cache, needs
from lab.__main__ import main, table
from lab.recipe import HERE, Program
from lab.recipes import IMAGES, PROGRAMS


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MONITORING_CACHE", str(tmp_path))
    return tmp_path / "lab"


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_go_mod_pins_the_version_that_the_recipe_names(program: Program) -> None:
    module, _, version = program.module.partition("@")
    assert f"{module} {version}\n" in (HERE / program.name / "go.mod").read_text()


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_is_built_is_verified_by_checksums(program: Program) -> None:
    module, _, version = program.module.partition("@")
    assert f"{module} {version} h1:" in (HERE / program.name / "go.sum").read_text()


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_has_a_dockerfile(name: str) -> None:
    assert (IMAGES[name].folder / "Dockerfile").is_file()


def test_no_two_images_have_one_name_on_the_engine() -> None:
    assert len({image.reference for image in IMAGES.values()}) == len(IMAGES)


def test_the_readme_repeats_what_the_list_command_says() -> None:
    assert table() in (HERE / "README.md").read_text()


def test_a_result_is_made_once() -> None:
    made = []

    def make(_work: Path, result: Path, _log: Path) -> None:
        (result / "file").write_text("content")
        made.append(result)

    first = cache.obtain("thing", "abc", "thing", make)
    assert cache.obtain("thing", "abc", "thing", make) == first
    assert (first / "file").read_text() == "content"
    assert len(made) == 1


def test_a_build_that_fails_leaves_no_result(empty_cache: Path) -> None:
    def fail(_work: Path, result: Path, _log: Path) -> None:
        (result / "half").touch()
        raise lab.LabError("no")

    with pytest.raises(lab.LabError):
        cache.obtain("thing", "abc", "thing", fail)
    assert sorted(path.name for path in empty_cache.iterdir()) == ["lock", "logs", "work"]
    assert not list((empty_cache / "work").iterdir())


def test_a_failing_command_is_reported_with_its_last_words_and_its_log() -> None:
    def fail(_work: Path, _result: Path, log: Path) -> None:
        lab.progress.run(["sh", "-c", "echo what went wrong; exit 3"], log=log)

    with pytest.raises(lab.LabError, match=r"exit code 3 [\s\S]*what went wrong[\s\S]*thing\.log"):
        cache.obtain("thing", "abc", "thing", fail)


@pytest.mark.parametrize("change", ["content", "name", "mode"])
def test_the_key_changes_with_a_file(change: str, tmp_path: Path) -> None:
    folder = tmp_path / "inputs"
    folder.mkdir()
    file = folder / "file"
    file.write_text("one")
    before = cache.key("recipe", folder)
    match change:
        case "content":
            file.write_text("two")
        case "name":
            file.rename(folder / "other")
        case _:
            file.chmod(0o755)
    assert cache.key("recipe", folder) != before


@pytest.mark.parametrize(("file", "again"), [("go.sum", True), ("Dockerfile", False)])
def test_a_program_is_built_again_for_its_go_files_only(
    file: str, *, again: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "HERE", tmp_path)
    monkeypatch.setattr(needs, "go_version", lambda _program: "go1.26.8")
    (tmp_path / "loki").mkdir()
    before = build.program_key(PROGRAMS["loki"])
    (tmp_path / "loki" / file).write_text("new")
    assert (build.program_key(PROGRAMS["loki"]) != before) is again


def test_the_wanted_go_is_read_from_go_mod() -> None:
    assert needs.wanted_go("module x\n\ngo 1.26.8\n\nrequire y v1.2.3\n") == "1.26.8"


def test_an_old_go_is_refused_with_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "go"
    old.write_text("#!/bin/sh\necho go1.19.8\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(lab.LabError, match=r"go1\.19\.8.*loki needs Go 1\.26\.\d+ or newer"):
        needs.go_version(PROGRAMS["loki"])


def test_a_c_library_that_is_missing_is_said_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "pkg-config"
    asked.write_text('#!/bin/sh\n[ "$*" = "--exists libthere" ]\n')
    asked.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    needs.c_library("libthere", purpose="to build x")
    with pytest.raises(lab.LabError, match="libmissing is needed to build x: install libmissing-d"):
        needs.c_library("libmissing", purpose="to build x")


def test_an_unknown_image_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(lab.LabError, match="no image 'redis'; it has prometheus, loki"):
        lab.images(["redis"])


def test_an_unknown_name_to_build_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["build", "redis"])
    assert (
        "the lab builds tools, compose, actionlint, versitygw, engine, prometheus"
        in capsys.readouterr().err
    )
