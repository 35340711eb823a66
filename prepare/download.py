"""The official Pulumi release: a pinned version, verified before anything of it is unpacked.

The archive comes from get.pulumi.com, its SHA-256 from the release's list on GitHub: two
hosts, so that neither can alone pass off another file as the release.
"""

from __future__ import annotations

import hashlib
import platform
import queue
import shutil
import tarfile
import tempfile
import threading
import urllib.request
from pathlib import Path

from prepare.progress import SetupError, note

VERSION = "3.259.0"
"""The release to download: the oldest that the project is tested with."""
CHECKSUMS = (
    f"https://github.com/pulumi/pulumi/releases/download/v{VERSION}/pulumi-{VERSION}-checksums.txt"
)
ARCHIVES = "https://get.pulumi.com/releases/sdk/"
NEEDED = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
PROBE_SECONDS = 5.0


class UnreachableError(Exception):
    """The download sites do not answer from here."""


def archive_name(system: str, machine: str) -> str:
    """The release's file for an operating system and a processor, by Python's names of them."""
    systems = {"Linux": "linux", "Darwin": "darwin"}
    machines = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    if system not in systems or machine not in machines:
        raise SetupError(
            f"Pulumi has no release for {system} on {machine} that this knows of: install Pulumi "
            f"{VERSION} or newer yourself (https://www.pulumi.com/docs/install/)."
        )
    return f"pulumi-v{VERSION}-{systems[system]}-{machines[machine]}.tar.gz"


def official(into: Path) -> None:
    """Download, verify and unpack the programs of the release into a folder.

    Raises `UnreachableError` within seconds where there is no way to the sites, and `SetupError`
    when the file is not the one that the release lists.
    """
    name = archive_name(platform.system(), platform.machine())
    checksums = fetch_text(CHECKSUMS)
    note(f"downloading {ARCHIVES}{name} (about 100 MB)")
    with tempfile.NamedTemporaryFile(suffix=".tar.gz") as archive:
        try:
            with urllib.request.urlopen(ARCHIVES + name, timeout=30) as source:  # noqa: S310 - https
                shutil.copyfileobj(source, archive)
        except OSError as error:
            raise UnreachableError(f"{ARCHIVES}{name}: {error}") from error
        archive.flush()
        verify(Path(archive.name), name, checksums)
        unpack(Path(archive.name), into)


def verify(archive: Path, name: str, checksums: str) -> None:
    """Raise `SetupError` unless the list has the archive's name with the archive's SHA-256."""
    listed = {file.lstrip("*"): digest for digest, _, file in map(split, checksums.splitlines())}
    with archive.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if listed.get(name) != digest:
        raise SetupError(
            f"the downloaded {name} has SHA-256 {digest}, but the release lists "
            f"{listed.get(name, 'no such file')}: it was not unpacked. Try again; if it stays "
            f"so, do not trust the network you are on, and install Pulumi yourself."
        )


def split(line: str) -> tuple[str, str, str]:
    """Part a line of a checksum list into the digest, the space, and the file's name."""
    return line.strip().partition("  ")


def unpack(archive: Path, into: Path) -> None:
    """Write the needed programs as executables, and nothing else that the archive may hold."""
    into.mkdir(parents=True, exist_ok=True)
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
            new.replace(into / name)
    missing = [name for name in NEEDED if not (into / name).exists()]
    if missing:
        raise SetupError(f"the Pulumi release does not hold {', '.join(missing)} as expected.")


def fetch_text(url: str) -> str:
    """A small text file from the web. Raises `UnreachableError` after a few seconds.

    In a thread, because a resolver without a network can sit on a name for half a minute and
    takes no time-out.
    """
    answers: queue.Queue[str | OSError] = queue.Queue()

    def fetch() -> None:
        try:
            with urllib.request.urlopen(url, timeout=PROBE_SECONDS) as source:  # noqa: S310 - https
                answers.put(source.read().decode())
        except OSError as error:
            answers.put(error)

    threading.Thread(target=fetch, daemon=True).start()
    try:
        answer = answers.get(timeout=2 * PROBE_SECONDS)
    except queue.Empty:
        raise UnreachableError(f"{url}: no answer") from None
    if isinstance(answer, OSError):
        raise UnreachableError(f"{url}: {answer}") from answer
    return answer
