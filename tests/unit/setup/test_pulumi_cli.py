"""Where Pulumi comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from setup import official_releases, pulumi_cli
from setup.local_builds import Policy
from setup.versions import parse_version
from tests.unit.programs import fake


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("v3.259.0\n", (3, 259, 0)), ("warning: old\nv3.9.12-dev.1", (3, 9, 12)), ("", ())],
)
def test_a_version_is_read_from_what_the_cli_prints(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_version(text) == numbers


def test_versions_compare_as_numbers_and_not_as_text() -> None:
    assert parse_version("v3.1000.0") > parse_version("v3.259.0")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the project's programs with nothing in it, and a lab that has built them."""
    built = tmp_path / "built"
    built.mkdir()
    for name in (*official_releases.NEEDED, pulumi_cli.PROVIDER):
        fake(built, name, "echo v3.259.0")
    monkeypatch.setattr("setup.local_builds.pulumi", lambda: built)
    monkeypatch.setattr(pulumi_cli, "BIN", tmp_path / "tools")
    monkeypatch.setattr(pulumi_cli, "pulumi_home", lambda: tmp_path / "home")
    return tmp_path / "tools"


def unreachable(_into: Path) -> None:
    raise official_releases.UnreachableError("no route")


def downloaded(into: Path) -> None:
    into.mkdir(exist_ok=True)
    (into / "pulumi").unlink(missing_ok=True)
    fake(into, "pulumi", "echo v3.259.0")


@pytest.mark.usefixtures("tools")
def test_a_sufficient_pulumi_of_the_users_is_taken(on_path: Path) -> None:
    program = fake(on_path, "pulumi", "echo v3.300.1")
    assert str(program) in pulumi_cli.choose(Policy.AS_WRITTEN)


@pytest.mark.usefixtures("tools")
def test_a_pulumi_that_is_too_old_is_not_taken(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(on_path, "pulumi", "echo v3.100.0")
    monkeypatch.setattr(official_releases, "pulumi", downloaded)
    assert "official release" in pulumi_cli.choose(Policy.AS_WRITTEN)


@pytest.mark.usefixtures("on_path")
def test_without_a_download_pulumi_is_built_for_dev(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(official_releases, "pulumi", unreachable)
    assert "built by lab" in pulumi_cli.choose(Policy.UNREACHABLE)
    assert (tools / "pulumi").is_symlink()


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize("built_before", [False, True])
def test_for_another_environment_it_is_an_error(
    tools: Path, monkeypatch: pytest.MonkeyPatch, *, built_before: bool
) -> None:
    monkeypatch.setattr(official_releases, "pulumi", unreachable)
    if built_before:
        pulumi_cli.choose(Policy.UNREACHABLE)
    with pytest.raises(
        CommandError, match=r"Pulumi 3.* cannot be downloaded \(no route\).*LAB=yes"
    ):
        pulumi_cli.choose(Policy.AS_WRITTEN)
    assert tools.exists() is built_before


@pytest.mark.usefixtures("on_path")
def test_a_download_that_failed_once_is_tried_again(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(official_releases, "pulumi", unreachable)
    pulumi_cli.choose(Policy.UNREACHABLE)
    monkeypatch.setattr(official_releases, "pulumi", downloaded)
    assert "downloaded" in pulumi_cli.choose(Policy.UNREACHABLE)
    assert not (tools / "pulumi").is_symlink()


@pytest.mark.usefixtures("on_path")
def test_with_a_word_nothing_is_downloaded(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(official_releases, "pulumi", lambda _into: pytest.fail("downloads"))
    assert "built by lab" in pulumi_cli.choose(Policy.ALWAYS)
    assert "built by lab" in pulumi_cli.provider(Policy.ALWAYS)
    assert (tools / "pulumi").is_symlink()


def official_cli(tools: Path, install: str) -> None:
    """Have a CLI that is no build of the lab's, and installs plugins like this."""
    tools.mkdir()
    fake(tools, "pulumi", f'[ "$1" = plugin ] && {{ {install}; }}')


NO_HOST = "echo 'dial tcp: lookup plugins.example: no such host' >&2; exit 255"


@pytest.mark.usefixtures("on_path")
def test_beside_the_official_cli_the_labs_provider_gives_way_to_the_official_one(
    tools: Path,
) -> None:
    official_cli(tools, NO_HOST)
    assert "built by lab" in pulumi_cli.provider(Policy.UNREACHABLE)
    fake(tools, "pulumi", "exit 0")
    assert "lab" not in pulumi_cli.provider(Policy.UNREACHABLE)
    assert not (tools / pulumi_cli.PROVIDER).exists()


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize(
    ("policy", "install", "said"),
    [
        (Policy.AS_WRITTEN, NO_HOST, "LAB=yes"),
        (
            Policy.UNREACHABLE,
            "echo '403 HTTP error fetching plugin' >&2; exit 255",
            "403 HTTP error",
        ),
    ],
)
def test_a_provider_that_cannot_be_had_is_an_error(
    tools: Path, policy: Policy, install: str, said: str
) -> None:
    official_cli(tools, install)
    with pytest.raises(CommandError, match=said):
        pulumi_cli.provider(policy)
