"""What a recipe says: how one program or one image is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Copy:
    """A file or folder that a program needs beside its binary, taken from a Go module."""

    module: str
    source: str
    to: str


@dataclass(frozen=True)
class Program:
    """One program built from the Go module in `lab/<name>/`."""

    name: str
    version: str
    """What the program says of itself."""
    module: str
    """The upstream module and its version, as `go.mod` requires or replaces it."""
    binaries: Mapping[str, str]
    """File name in `bin/` -> Go package."""
    cold: str
    """Build time with an empty Go build cache on 2 cores, for the reader who waits."""
    stand_in: str = ""
    """What it is not, where it takes the place of something else; empty for the real thing."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Go variables set at link time, mostly the version."""
    tags: tuple[str, ...] = ()
    static_c: bool = False
    """Needs cgo; linked statically so that it runs in any image."""
    c_library: str = ""
    """The C library that cgo links, as pkg-config and Debian's lib…-dev call it."""
    before: tuple[str, ...] = ()
    """Commands run in the module's folder before the build."""
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True)
class Image:
    """One Docker image, built from the `Dockerfile` in its folder on `lab/debian`."""

    name: str
    version: str
    title: str
    source: str
    programs: tuple[str, ...] = ()
    """Programs whose results the Dockerfile finds under `built/`."""
    npm: bool = False
    """Whether `lab/<name>/package-lock.json` is installed into `built/`."""
    cold: str = ""
    """As for a program, where the image has no program of its own."""
    stand_in: str = ""
    """As for a program."""
    # Not in the hash of what an image is built from, which has the folder's files.
    like: str = field(default="", repr=False)
    """The image that it is another version of, and shares folder and repository with."""

    @property
    def folder(self) -> Path:
        """Where its `Dockerfile` is."""
        return HERE / (self.like or self.name)

    @property
    def reference(self) -> str:
        """The name under which the engine knows the image."""
        return f"lab/{self.like or self.name}:{self.version}"
