"""Makes the files: programs from Go modules, the Debian base, what the Node image holds."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import shlex
import shutil
import subprocess
from pathlib import Path

from lab import cache, needs, progress
from lab.progress import LabError
from lab.recipe import HERE, Program
from lab.recipes import DEBIAN_PACKAGES, DEBIAN_SUITE

_NO_INPUTS = ("cold", "stand_in", "c_library")
_GO_SOURCES = (".go", ".mod", ".sum")


def program_key(program: Program) -> str:
    """Return the hash of all that `program` is built from, the version of Go among it."""
    recipe = dataclasses.asdict(program)
    for field in _NO_INPUTS:
        del recipe[field]
    flags, go = " ".join(_flags(program)), needs.go_version(program)
    sources = (path for path in (HERE / program.name).rglob("*") if path.suffix in _GO_SOURCES)
    return cache.key(json.dumps(recipe), flags, go, platform.machine(), *sorted(sources))


def program(program: Program) -> Path:
    """Return the folder with `program` in `bin/`, built now if it is not in the cache."""

    def make(work: Path, result: Path, log: Path) -> None:
        if program.static_c:
            needs.command("gcc", package="gcc libc6-dev", purpose=f"to build {program.name}")
        if program.c_library:
            needs.c_library(program.c_library, purpose=f"to build {program.name}")
        env = _environment(program)
        shutil.copytree(HERE / program.name, work, dirs_exist_ok=True)
        for line in program.before:
            progress.run(shlex.split(line), log=log, cwd=work, env=env)
        for name, package in program.binaries.items():
            command = ["go", "build", *_flags(program), "-o", str(result / "bin" / name), package]
            progress.run(command, log=log, cwd=work, env=env)
        for copy in program.copies:
            source = _module_folder(copy.module, work, env) / copy.source
            _copy_writable(source, result / copy.to)

    what = f"{program.name} {program.version}: building from Go modules (cold about {program.cold})"
    return cache.obtain(program.name, program_key(program), what, make)


def _flags(program: Program) -> list[str]:
    variables = " ".join(f"-X {name}={value}" for name, value in program.variables.items())
    linking = "-linkmode external -extldflags -static" if program.static_c else ""
    flags = ["-trimpath", "-ldflags", " ".join(f"-s -w {variables} {linking}".split())]
    return [*flags, "-tags", " ".join(program.tags)] if program.tags else flags


def _environment(program: Program) -> dict[str, str]:
    """Return settings that make Go build the same whatever the user's own settings are."""
    return {
        "CGO_ENABLED": "1" if program.static_c else "0",
        "GOFLAGS": "-buildvcs=false",
        "GOWORK": "off",
    }


def _module_folder(module: str, work: Path, env: dict[str, str]) -> Path:
    """Return where Go keeps the files of `module`, in the version that `work`'s go.mod selects."""
    words = ["go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module]
    found = subprocess.run(
        words, cwd=work, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    if found.returncode != 0:
        raise LabError(f"`{' '.join(words)}` failed: {found.stderr.strip()}")
    return Path(found.stdout.strip())


def _copy_writable(source: Path, target: Path) -> None:
    """Copy a file or folder out of Go's read-only module cache."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
    for path in (target, *target.rglob("*")):
        script = path.is_file() and path.read_bytes()[:2] == b"#!"
        path.chmod(0o755 if path.is_dir() or script else 0o644)


def debian_key() -> str:
    """Return the hash of what the Debian base is made from."""
    return cache.key(DEBIAN_SUITE, " ".join(DEBIAN_PACKAGES), platform.machine())


def debian() -> Path:
    """Return the folder with the Debian base's files in `rootfs.tar`."""

    def make(work: Path, result: Path, log: Path) -> None:
        needs.command("debootstrap", package="debootstrap", purpose="to make the Debian base image")
        if os.geteuid() != 0:
            raise LabError("Only root can make the Debian base image with debootstrap.")
        root = work / "root"
        packages = ",".join(DEBIAN_PACKAGES)
        # Mounts of its own: a killed debootstrap leaves no /proc behind in the work folder.
        bootstrap = ["unshare", "--mount", "debootstrap", "--variant=minbase"]
        progress.run([*bootstrap, f"--include={packages}", DEBIAN_SUITE, root], log=log)
        left_out = ["var/cache/apt/*", "var/lib/apt/lists/*", "usr/share/doc/*", "usr/share/man/*"]
        left_out += ["usr/share/locale/*", "usr/share/info/*", "var/log/*.log"]
        options = ["--numeric-owner", *(f"--exclude=./{path}" for path in left_out)]
        progress.run(["tar", "-C", root, *options, "-cf", result / "rootfs.tar", "."], log=log)

    what = "debian 12: bootstrapping the base of the images from Debian packages (about 1 minute)"
    return cache.obtain("debian", debian_key(), what, make)


def npm_key(name: str) -> str:
    """Return the hash of the npm packages that `lab/<name>` locks."""
    return cache.key((HERE / name / "package-lock.json").read_text(), platform.machine())


def npm(name: str) -> Path:
    """Return the folder with the `node_modules` that `lab/<name>/package-lock.json` locks."""

    def make(_work: Path, result: Path, log: Path) -> None:
        needs.command("npm", package="npm", purpose=f"to fetch what {name} is made of")
        for file in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name / file, result)
        install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        progress.run(install, log=log, cwd=result)

    what = f"{name}: fetching npm packages (about 10 seconds)"
    return cache.obtain(name, npm_key(name), what, make)
