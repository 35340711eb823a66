"""Official releases of Pulumi and Docker Compose: pinned files, verified before they are used."""

from __future__ import annotations

import errno
import hashlib
import platform
import queue
import shutil
import socket
import tarfile
import tempfile
import threading
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO

from bootstrap.progress import CommandError, note
from setup import credentials

PULUMI_VERSION = "3.259.0"
"""The release to download: the oldest that the project is tested with."""
PULUMI_SHA256 = {
    "linux-x64": "94ba357acac23d01474084c4b00098dc0f7bc70ce13f34c777459254a5f718e5",
    "linux-arm64": "edc8327463a72160bb36cf82cf5062da9c8a244290a706d9980988e7bf486853",
    "darwin-x64": "eaca4c3b8277bfa3ab061fa3b270d1c66358a0b2e613da8c5587a04b7226c534",
    "darwin-arm64": "57c27f179e527e2cf9f62b841a448af72a020e44b2fb4ee0d9bd85556c00c864",
}
"""Of each platform's archive, from Pulumi's own Homebrew tap (pulumi/homebrew-tap 51fb494).

With another version come other figures: `pulumi-<version>-checksums.txt`, an asset of the release
on GitHub, has them too.
"""
PULUMI_RELEASES = "https://get.pulumi.com/releases/sdk/"
COMPOSE_VERSION = "5.0.1"
COMPOSE_SHA256 = {
    "x86_64": "cdc1df64412ed009312afbc044b3625144d06c07736e2f7a77fb0460531b9327",
    "aarch64": "e3b36491a75f92c35ebfbbe6e4741bd2429664edf3971427983d67c0b21e7d1d",
}
"""For Linux, from the official image `docker:29.1.3-cli` (docker-library/docker ca79f99).

On other systems Docker Desktop has it.
"""
COMPOSE_RELEASES = "https://github.com/docker/compose/releases/download/"
NEEDED = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
"""The programs of the release that are unpacked, the one that is looked for first."""
ANSWER_SECONDS = 10.0
"""How long the site may take for the first word of an answer."""

_NO_WAY = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT)


class UnreachableError(Exception):
    """The download site cannot be reached from here; the text is why."""


def platform_name(system: str, machine: str) -> str:
    """Return the release's name for a system and a processor, by Python's names of them."""
    systems = {"Linux": "linux", "Darwin": "darwin"}
    machines = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    name = f"{systems.get(system)}-{machines.get(machine)}"
    if name not in PULUMI_SHA256:
        raise CommandError(
            f"Pulumi has no release for {system} on {machine} that this knows of: install Pulumi "
            f"{PULUMI_VERSION} or newer yourself (https://www.pulumi.com/docs/install/)."
        )
    return name


def pulumi(into: Path) -> None:
    """Download, verify and unpack the programs of the release into a folder.

    Raises `UnreachableError` within seconds where there is no way to the site, and `CommandError`
    for every other failure, and where the file is not the pinned one.
    """
    name = platform_name(platform.system(), platform.machine())
    url = f"{PULUMI_RELEASES}pulumi-v{PULUMI_VERSION}-{name}.tar.gz"
    with tempfile.NamedTemporaryFile(suffix=".tar.gz") as archive:
        _fetch(url, archive, PULUMI_SHA256[name], "about 100 MB")
        unpack(Path(archive.name), into)


def compose(into: Path) -> None:
    """Download and verify Docker Compose's program. Raises as `pulumi` does."""
    digest = COMPOSE_SHA256.get(platform.machine()) if platform.system() == "Linux" else None
    if digest is None:
        raise CommandError("Docker Compose is missing: https://docs.docker.com/compose/install/.")
    name = f"docker-compose-linux-{platform.machine()}"
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile() as file:
        _fetch(f"{COMPOSE_RELEASES}v{COMPOSE_VERSION}/{name}", file, digest, "about 30 MB")
        new = into.with_name(f".{into.name}.new")
        shutil.copyfile(file.name, new)
    new.chmod(0o755)
    new.replace(into)


def _fetch(url: str, file: IO[bytes], digest: str, size: str) -> None:
    """Write what `url` has into `file`, and verify it."""
    source = open_url(url)
    note(f"downloading {url} ({size})")
    try:
        with source:
            shutil.copyfileobj(source, file)
    except (OSError, HTTPException) as error:
        raise CommandError(f"{url} came only in part ({error}): try again.") from error
    if source.length:
        raise CommandError(f"{url} came only in part ({source.length} bytes short): try again.")
    file.flush()
    verify(Path(file.name), url, digest)


def verify(archive: Path, url: str, wanted: str) -> None:
    """Raise `CommandError` unless the archive has the SHA-256 that is wanted."""
    with archive.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if digest != wanted:
        raise CommandError(
            f"{url} has SHA-256 {digest}, but {wanted} is pinned in setup/official_releases.py: it "
            "is not used. Try again; if it stays so, do not trust the network you are on, and "
            "install the program yourself."
        )


def unpack(archive: Path, into: Path) -> None:
    """Write the needed programs as executables, and nothing else that the archive may hold.

    All or none: the CLI alone would pass for a whole release the next time.
    """
    into.mkdir(parents=True, exist_ok=True)
    unpacked: dict[str, Path] = {}
    with tarfile.open(archive) as packed:
        for member in packed:
            name = Path(member.name).name
            content = packed.extractfile(member) if member.isfile() else None
            if content is None or name not in NEEDED:
                continue
            new = into / f".{name}.new"
            with new.open("wb") as file:
                shutil.copyfileobj(content, file)
            new.chmod(0o755)
            unpacked[name] = new
    missing = [name for name in NEEDED if name not in unpacked]
    if missing:
        raise CommandError(f"the Pulumi release does not hold {', '.join(missing)} as expected.")
    for name in reversed(NEEDED):
        unpacked[name].replace(into / name)


def open_url(url: str) -> HTTPResponse:
    """Open a file on the web. Raises as `pulumi` does.

    In a thread, because a resolver without a network can sit on a name for half a minute and
    takes no time-out.
    """
    answers: queue.Queue[HTTPResponse | Exception] = queue.Queue()

    def fetch() -> None:
        try:
            answers.put(urllib.request.urlopen(url, timeout=ANSWER_SECONDS))  # noqa: S310 - https
        except (OSError, HTTPException) as error:
            answers.put(error)

    threading.Thread(target=fetch, daemon=True).start()
    try:
        answer = answers.get(timeout=2 * ANSWER_SECONDS)
    except queue.Empty:
        raise UnreachableError(f"{url}: no answer") from None
    if isinstance(answer, Exception):
        raise _failure(url, answer) from answer
    return answer


def _failure(url: str, error: Exception) -> UnreachableError | CommandError:
    """Return what to raise for a file that cannot be opened; a refusal comes from somebody."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    proxy = urllib.request.getproxies().get("https")
    no_way = (
        isinstance(reason, (socket.gaierror, ConnectionRefusedError, TimeoutError))
        or getattr(reason, "errno", None) in _NO_WAY
    )
    if no_way and not proxy:
        return UnreachableError(f"{url}: {reason}")
    through = f" through the proxy {credentials.masked(proxy)}" if proxy else ""
    return CommandError(
        f"{url} cannot be downloaded{through} ({error}): try again, or install the program "
        "yourself, or have it built here with LAB=yes."
    )
