"""The lab, and the Go that it builds with where the machine has none.

That Go is the official toolchain as Go's own module proxy serves it (it is what the go command
itself fetches when a module wants a newer Go).
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import re
import shutil
import urllib.request
import zipfile
from collections.abc import Iterable
from pathlib import Path

import lab
from lab import cache
from prepare.commands import ask
from prepare.progress import SetupError
from prepare.versions import parse_version

VERSION = "1.26.8"
SUMS = {
    "amd64": "h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=",
    "arm64": "h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=",
}
"""As in https://sum.golang.org/lookup/golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64"""
SUFFICIENT = (1, 21, 0)
"""From here on a Go fetches by itself the newer one that a module wants."""


def tools() -> Path:
    """Have the lab's build of Pulumi; see `lab.tools`."""
    have_go()
    return lab.tools()


def images(names: Iterable[str]) -> dict[str, str]:
    """Have the lab's images; see `lab.images`."""
    have_go()
    return lab.images(names)


def have_go() -> None:
    """Put a Go on this process's PATH, unless a sufficient one is there. Raises `SetupError`."""
    if parse_version(ask("go", "version").output) >= SUFFICIENT:
        return
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")
    if platform.system() != "Linux" or machine not in SUMS:
        return  # the lab's own message tells how to get one

    def make(work: Path, result: Path, _log: Path) -> None:
        archive = work / "go.zip"
        name = f"golang.org/toolchain/@v/v0.0.1-go{VERSION}.linux-{machine}.zip"
        fetch(f"{module_proxy()}/{name}", archive)
        unpack(archive, SUMS[machine], result)

    what = f"go {VERSION}: fetching the official toolchain from the module proxy (70 MB)"
    go = cache.obtain("go", f"{VERSION}-{machine}", what, make)
    os.environ["PATH"] = os.pathsep.join([str(go / "bin"), os.environ.get("PATH", os.defpath)])


def module_proxy() -> str:
    """The first proxy in $GOPROXY, or Go's own."""
    named = re.findall(r"https?://[^,|]+", os.environ.get("GOPROXY", ""))
    return named[0].rstrip("/") if named else "https://proxy.golang.org"


def fetch(url: str, to: Path) -> None:
    """Download a file. Raises `SetupError`."""
    try:
        with urllib.request.urlopen(url, timeout=30) as source, to.open("wb") as file:  # noqa: S310 - https
            shutil.copyfileobj(source, file)
    except OSError as error:
        raise SetupError(
            f"Go is needed for building, and {url} does not answer ({error}): "
            "install Go 1.21 or newer, or make that address reachable."
        ) from error


def unpack(archive: Path, expected: str, into: Path) -> None:
    """Unpack a toolchain whose checksum is as expected. Raises `SetupError`."""
    with zipfile.ZipFile(archive) as packed:
        found = module_sum(packed)
        if found != expected:
            raise SetupError(
                f"the downloaded Go toolchain has the checksum {found} instead of {expected}: it "
                "was not unpacked. Try again, or install Go 1.21 or newer yourself."
            )
        unpacked = into.with_name("unpacked")
        packed.extractall(unpacked)
    # The archive's root is named like the module: golang.org/toolchain@version.
    (root,) = (unpacked / "golang.org").iterdir()
    for path in root.iterdir():
        path.rename(into / path.name)
    # Module archives carry no modes.
    for program in [*(into / "bin").iterdir(), *(into / "pkg" / "tool").rglob("*")]:
        program.chmod(0o755)


def module_sum(packed: zipfile.ZipFile) -> str:
    """Go's checksum of a module's archive (`h1:`), as go.sum and sum.golang.org give it."""
    lines = [
        f"{hashlib.sha256(packed.read(name)).hexdigest()}  {name}\n"
        for name in sorted(packed.namelist())
    ]
    return "h1:" + base64.b64encode(hashlib.sha256("".join(lines).encode()).digest()).decode()
