"""The example application, which Docker Compose builds and runs beside the stack `dev`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bootstrap.paths import ROOT
from bootstrap.programs import ask, show
from bootstrap.progress import CommandError, note, step
from setup import docker_compose, images, local_builds

FILE = ROOT / "examples" / "app" / "compose.yaml"
CERTIFICATES = FILE.parent / "backend" / "extra-ca.crt"
"""Where the backend's Dockerfile looks for what npm shall trust beside the usual authorities."""
BUILD_SECONDS = 900


def build(services: Mapping[str, str]) -> None:
    """Build its images, as far as something has changed. Raises `CommandError`.

    `services` are the stack's images: where one was built here, the base images are, too.
    """
    with step("Example application's images"):
        extra = os.environ.get("NODE_EXTRA_CA_CERTS")
        if extra and not _same(Path(extra), CERTIFICATES):
            CERTIFICATES.write_bytes(Path(extra).read_bytes())
        if not images.present("monitoring-example/backend:dev"):
            note("building them (a minute or two)")
        words = (*_command(), "--profile", "traffic", "build")
        answer = ask(*words, env={**os.environ, **bases(services)}, seconds=BUILD_SECONDS)
        if not answer.ok:
            said = (answer.output[-4000:] + answer.errors).strip()
            raise CommandError(f"the example application could not be built:\n{said}")


def bases(services: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `FILE` that name the base images; none for the official ones.

    Those that are built here are in no registry, so the engine's own builder must take them:
    BuildKit may ask one.
    """
    if not any(local_builds.is_built_here(image) for image in services.values()):
        return {}
    built = local_builds.images(("node", "nginx"))
    return {
        "NODE_IMAGE": built["node"],
        "NGINX_IMAGE": built["nginx"],
        "DOCKER_BUILDKIT": "0",
    }


def up() -> None:
    """Start it with made-up requests, and wait until it is healthy; what runs unchanged stays."""
    show(*_command(), "--profile", "traffic", "up", "--wait")


def url() -> str:
    """Return its address on this machine."""
    return f"http://localhost:{os.environ.get('EXAMPLE_PORT', '8080')}"


def down() -> None:
    """Stop and remove it; nothing to do is fine."""
    show(*_command(), "--profile", "traffic", "down", "--remove-orphans")


def _command() -> tuple[str, ...]:
    return (*docker_compose.command(), "--file", str(FILE))


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()
