# ruff: noqa: INP001 - no package: run.py finds it as a script finds its neighbours
"""Docker's command line."""

from __future__ import annotations

import subprocess


class ExampleError(Exception):
    """Something that the person who ran the command can mend; the message says how."""


def docker(*arguments: str, stdin: bytes = b"") -> str:
    """Return what a docker command prints. Raises `ExampleError` with its complaint."""
    done = subprocess.run(("docker", *arguments), input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        said = (done.stdout[-4000:] + done.stderr).decode(errors="replace").strip()
        raise ExampleError(f"`docker {' '.join(arguments)}` failed:\n{said}")
    return done.stdout.decode().strip()


def ids(kind: str, *options: str) -> list[str]:
    """Return the ids that `docker <kind> ls --quiet` lists."""
    return docker(kind, "ls", "--quiet", *options).split()
