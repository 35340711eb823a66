"""Where Pulumi comes from."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import re
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from prepare import (
    download,
    pulumi_cli,
)
from prepare.lab_use import Lab
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


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the project's programs with nothing in it, and a lab that has built them."""
    built = tmp_path / "built"
    built.mkdir()
    for name in (*download.NEEDED, pulumi_cli.PROVIDER):
        fake(built, name, "echo v3.259.0")
    monkeypatch.setattr("prepare.golang.tools", lambda: built)
    monkeypatch.setattr(pulumi_cli, "BIN", tmp_path / "tools")
    monkeypatch.setattr(pulumi_cli, "pulumi_home", lambda: tmp_path / "home")
    return tmp_path / "tools"


def unreachable(_into: Path) -> None:
    raise download.UnreachableError("no route")


def downloaded(into: Path) -> None:
    into.mkdir(exist_ok=True)
    (into / "pulumi").unlink(missing_ok=True)
    fake(into, "pulumi", "echo v3.259.0")


@pytest.mark.usefixtures("tools")
def test_a_sufficient_pulumi_of_the_users_is_taken(on_path: Path) -> None:
    program = fake(on_path, "pulumi", "echo v3.300.1")
    assert str(program) in pulumi_cli.choose(Lab.AS_WRITTEN)


@pytest.mark.usefixtures("tools")
def test_a_pulumi_that_is_too_old_is_not_taken(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(on_path, "pulumi", "echo v3.100.0")
    monkeypatch.setattr(download, "official", downloaded)
    assert "official release" in pulumi_cli.choose(Lab.AS_WRITTEN)


@pytest.mark.usefixtures("on_path")
def test_without_a_download_pulumi_is_built_for_dev(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "official", unreachable)
    assert "built by lab" in pulumi_cli.choose(Lab.UNREACHABLE)
    assert (tools / "pulumi").is_symlink()


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize("built_before", [False, True])
def test_for_another_environment_it_is_an_error(
    tools: Path, monkeypatch: pytest.MonkeyPatch, *, built_before: bool
) -> None:
    monkeypatch.setattr(download, "official", unreachable)
    if built_before:
        pulumi_cli.choose(Lab.UNREACHABLE)
    with pytest.raises(SetupError, match=r"Pulumi 3.* cannot be downloaded \(no route\).*LAB=yes"):
        pulumi_cli.choose(Lab.AS_WRITTEN)
    assert tools.exists() is built_before


@pytest.mark.usefixtures("on_path")
def test_a_download_that_failed_once_is_tried_again(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "official", unreachable)
    pulumi_cli.choose(Lab.UNREACHABLE)
    monkeypatch.setattr(download, "official", downloaded)
    assert "downloaded" in pulumi_cli.choose(Lab.UNREACHABLE)
    assert not (tools / "pulumi").is_symlink()


@pytest.mark.usefixtures("on_path")
def test_with_a_word_nothing_is_downloaded(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "official", lambda _into: pytest.fail("downloads"))
    assert "built by lab" in pulumi_cli.choose(Lab.ALWAYS)
    assert "built by lab" in pulumi_cli.provider(Lab.ALWAYS)
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
    assert "built by lab" in pulumi_cli.provider(Lab.UNREACHABLE)
    fake(tools, "pulumi", "exit 0")
    assert "lab" not in pulumi_cli.provider(Lab.UNREACHABLE)
    assert not (tools / pulumi_cli.PROVIDER).exists()


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize(
    ("lab", "install", "said"),
    [
        (Lab.AS_WRITTEN, NO_HOST, "LAB=yes"),
        (Lab.UNREACHABLE, "echo '403 HTTP error fetching plugin' >&2; exit 255", "403 HTTP error"),
    ],
)
def test_a_provider_that_cannot_be_had_is_an_error(
    tools: Path, lab: Lab, install: str, said: str
) -> None:
    official_cli(tools, install)
    with pytest.raises(SetupError, match=said):
        pulumi_cli.provider(lab)


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


Answer = Callable[[BaseHTTPRequestHandler], None]
HERE = download.platform_name(platform.system(), platform.machine())


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], None]]:
    """A download site that answers as it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers[-1](self)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    answers: list[Answer] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setattr(download, "ARCHIVES", f"http://127.0.0.1:{server.server_port}/")
        yield answers.append
        server.shutdown()


def gives(content: bytes, length: int | None = None) -> Answer:
    """A site that has a file, and says that it has this length."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(length or len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def status(code: int) -> Answer:
    """A site that answers with a status."""
    return lambda handler: handler.send_error(code)


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def is_silent(_handler: BaseHTTPRequestHandler) -> None:
    threading.Event().wait(1)


def test_every_platform_of_the_release_is_pinned() -> None:
    assert len(set(download.SHA256.values())) == len(download.SHA256) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in download.SHA256.values())


def test_a_download_that_is_not_the_pinned_one_is_not_unpacked(
    tmp_path: Path, site: Callable[[Answer], None]
) -> None:
    site(gives(packed(tmp_path, "pulumi/pulumi").read_bytes()))
    with pytest.raises(SetupError, match=r"prepare/download\.py: it is not used"):
        download.official(tmp_path / "bin")
    assert not (tmp_path / "bin").exists()


def test_the_pinned_download_becomes_programs_that_run(
    tmp_path: Path, site: Callable[[Answer], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = packed(tmp_path, *(f"pulumi/{name}" for name in download.NEEDED)).read_bytes()
    site(gives(content))
    monkeypatch.setitem(download.SHA256, HERE, hashlib.sha256(content).hexdigest())
    download.official(tmp_path / "bin")
    assert os.access(tmp_path / "bin" / "pulumi", os.X_OK)


@pytest.mark.parametrize("code", [403, 404, 407, 429, 500, 503])
def test_a_site_or_proxy_that_refuses_is_an_error_with_its_words(
    tmp_path: Path, site: Callable[[Answer], None], code: int
) -> None:
    site(status(code))
    with pytest.raises(SetupError, match=f"HTTP Error {code}.*LAB=yes"):
        download.official(tmp_path / "bin")


@pytest.mark.parametrize("answer", [hangs_up, gives(b"half", length=8)], ids=["at once", "later"])
def test_a_site_that_hangs_up_is_an_error(
    tmp_path: Path, site: Callable[[Answer], None], answer: Answer
) -> None:
    site(answer)
    with pytest.raises(SetupError, match="try again"):
        download.official(tmp_path / "bin")


def test_a_silent_site_is_out_of_reach(
    tmp_path: Path, site: Callable[[Answer], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.2)
    site(is_silent)
    with pytest.raises(download.UnreachableError, match="timed out"):
        download.official(tmp_path / "bin")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://nosuch.invalid/"])
def test_a_site_that_is_not_there_is_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(download, "ARCHIVES", address)
    with pytest.raises(download.UnreachableError):
        download.official(tmp_path / "bin")


def test_a_proxy_that_is_not_there_is_an_error_of_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://me:secret@127.0.0.1:1")
    with pytest.raises(SetupError, match=r"through the proxy http://\*+@127\.0\.0\.1:1 ") as error:
        download.official(tmp_path / "bin")
    assert "secret" not in str(error.value)


def test_only_the_needed_programs_are_unpacked_and_only_into_the_folder(tmp_path: Path) -> None:
    needed = [f"pulumi/{name}" for name in download.NEEDED]
    archive = packed(tmp_path, *needed, "pulumi/pulumi-watch", "../../escaped")
    download.unpack(archive, tmp_path / "a" / "bin")
    unpacked = sorted((tmp_path / "a" / "bin").iterdir())
    assert [file.name for file in unpacked] == sorted(download.NEEDED)
    assert all(os.access(file, os.X_OK) for file in unpacked)


def test_a_release_that_lacks_a_program_leaves_none_behind(tmp_path: Path) -> None:
    archive = packed(tmp_path, "pulumi/pulumi")
    with pytest.raises(SetupError, match="does not hold pulumi-language-python"):
        download.unpack(archive, tmp_path / "bin")
    assert not (tmp_path / "bin" / "pulumi").exists()


def test_a_system_without_a_release_is_told_to_install_pulumi() -> None:
    with pytest.raises(SetupError, match="install Pulumi"):
        download.platform_name("Plan9", "x86_64")


def test_a_platform_is_named_as_the_release_names_it() -> None:
    assert download.platform_name("Linux", "aarch64") == "linux-arm64"
