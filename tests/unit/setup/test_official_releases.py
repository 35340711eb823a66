"""The official Pulumi release."""

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

from bootstrap.progress import CommandError
from setup import official_releases


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
HERE = official_releases.platform_name(platform.system(), platform.machine())


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
        monkeypatch.setattr(
            official_releases, "PULUMI_RELEASES", f"http://127.0.0.1:{server.server_port}/"
        )
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
    digests = official_releases.PULUMI_SHA256.values()
    assert len(set(digests)) == len(digests) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


def test_a_download_that_is_not_the_pinned_one_is_not_unpacked(
    tmp_path: Path, site: Callable[[Answer], None]
) -> None:
    site(gives(packed(tmp_path, "pulumi/pulumi").read_bytes()))
    with pytest.raises(CommandError, match=r"setup/official_releases\.py: it is not used"):
        official_releases.pulumi(tmp_path / "bin")
    assert not (tmp_path / "bin").exists()


def test_the_pinned_download_becomes_programs_that_run(
    tmp_path: Path, site: Callable[[Answer], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = packed(
        tmp_path, *(f"pulumi/{name}" for name in official_releases.NEEDED)
    ).read_bytes()
    site(gives(content))
    monkeypatch.setitem(official_releases.PULUMI_SHA256, HERE, hashlib.sha256(content).hexdigest())
    official_releases.pulumi(tmp_path / "bin")
    assert os.access(tmp_path / "bin" / "pulumi", os.X_OK)


@pytest.mark.parametrize("code", [403, 404, 407, 429, 500, 503])
def test_a_site_or_proxy_that_refuses_is_an_error_with_its_words(
    tmp_path: Path, site: Callable[[Answer], None], code: int
) -> None:
    site(status(code))
    with pytest.raises(CommandError, match=f"HTTP Error {code}.*LAB=yes"):
        official_releases.pulumi(tmp_path / "bin")


@pytest.mark.parametrize("answer", [hangs_up, gives(b"half", length=8)], ids=["at once", "later"])
def test_a_site_that_hangs_up_is_an_error(
    tmp_path: Path, site: Callable[[Answer], None], answer: Answer
) -> None:
    site(answer)
    with pytest.raises(CommandError, match="try again"):
        official_releases.pulumi(tmp_path / "bin")


def test_a_silent_site_is_out_of_reach(
    tmp_path: Path, site: Callable[[Answer], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(official_releases, "ANSWER_SECONDS", 0.2)
    site(is_silent)
    with pytest.raises(official_releases.UnreachableError, match="timed out"):
        official_releases.pulumi(tmp_path / "bin")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://nosuch.invalid/"])
def test_a_site_that_is_not_there_is_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(official_releases, "PULUMI_RELEASES", address)
    with pytest.raises(official_releases.UnreachableError):
        official_releases.pulumi(tmp_path / "bin")


def test_a_proxy_that_is_not_there_is_an_error_of_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://me:secret@127.0.0.1:1")
    with pytest.raises(
        CommandError, match=r"through the proxy http://\*+@127\.0\.0\.1:1 "
    ) as error:
        official_releases.pulumi(tmp_path / "bin")
    assert "secret" not in str(error.value)


def test_only_the_needed_programs_are_unpacked_and_only_into_the_folder(tmp_path: Path) -> None:
    needed = [f"pulumi/{name}" for name in official_releases.NEEDED]
    archive = packed(tmp_path, *needed, "pulumi/pulumi-watch", "../../escaped")
    official_releases.unpack(archive, tmp_path / "a" / "bin")
    unpacked = sorted((tmp_path / "a" / "bin").iterdir())
    assert [file.name for file in unpacked] == sorted(official_releases.NEEDED)
    assert all(os.access(file, os.X_OK) for file in unpacked)


def test_a_release_that_lacks_a_program_leaves_none_behind(tmp_path: Path) -> None:
    archive = packed(tmp_path, "pulumi/pulumi")
    with pytest.raises(CommandError, match="does not hold pulumi-language-python"):
        official_releases.unpack(archive, tmp_path / "bin")
    assert not (tmp_path / "bin" / "pulumi").exists()


def test_a_system_without_a_release_is_told_to_install_pulumi() -> None:
    with pytest.raises(CommandError, match="install Pulumi"):
        official_releases.platform_name("Plan9", "x86_64")


def test_a_platform_is_named_as_the_release_names_it() -> None:
    assert official_releases.platform_name("Linux", "aarch64") == "linux-arm64"
