# ruff: noqa: INP001 - no package: run.py finds it as a script finds its neighbours
"""The four images of the example application."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

from engine import docker, ids

HERE = Path(__file__).resolve().parent
INPUTS_LABEL = "monitoring-example.inputs"


@dataclass(frozen=True)
class Service:
    """One image and container: the folder `name` beside this file holds its Dockerfile."""

    name: str
    base: str
    """The base image's build argument, and the environment variable that overrides it."""
    memory: str

    @property
    def image(self) -> str:
        """The image that `build` makes."""
        return f"monitoring-example/{self.name}:dev"


BACKEND = Service("backend", "NODE_IMAGE", memory="256m")
FRONTEND = Service("frontend", "NGINX_IMAGE", memory="64m")
PROXY = Service("proxy", "NGINX_IMAGE", memory="64m")
TRAFFIC = Service("traffic", "NODE_IMAGE", memory="128m")

BASES = {"NODE_IMAGE": "node:22-bookworm-slim", "NGINX_IMAGE": "nginx:1.28-alpine"}
"""The Dockerfiles' own defaults."""
LAB_BASES = {"NODE_IMAGE": "lab/node", "NGINX_IMAGE": "lab/nginx"}
"""What lab/ builds where no registry answers."""


def build() -> None:
    """Build the images whose files or base image changed since they were built."""
    bases = {argument: _base_image(argument) for argument in BASES}
    for service in (BACKEND, FRONTEND, PROXY, TRAFFIC):
        base = bases[service.base]
        base_id = docker("image", "inspect", "--format={{.Id}}", base)
        inputs = hashlib.sha256(_context(service) + base_id.encode()).hexdigest()[:16]
        label = f"{INPUTS_LABEL}={inputs}"
        if ids("image", f"--filter=reference={service.image}", f"--filter=label={label}"):
            print(f"{service.image}: up to date")
            continue
        print(f"{service.image}: building from {base}", flush=True)
        argument = f"--build-arg={service.base}={base}"
        context = _context(service, *_extra_certificates(service))
        docker("build", f"--tag={service.image}", f"--label={label}", argument, "-", stdin=context)


def _base_image(argument: str) -> str:
    """Return a base image that the engine has: the one asked for, or else one that lab/ built."""
    asked = os.environ.get(argument)
    wanted = asked or BASES[argument]
    if ids("image", f"--filter=reference={wanted}"):
        return wanted
    names = "--format={{.Repository}}:{{.Tag}}"
    lab = docker("image", "ls", names, LAB_BASES[argument]).split()
    if lab and not asked:
        return lab[0]
    docker("pull", "--quiet", wanted)
    return wanted


def _context(service: Service, *more: tuple[str, bytes]) -> bytes:
    """Return the build context as a tar, the same for the same files wherever they are built."""
    folder = HERE / service.name
    ignore = folder / ".dockerignore"
    ignored = set(ignore.read_text().split()) if ignore.exists() else set()
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    named = [(path.relative_to(folder), path) for path in paths]
    files = [(str(name), path.read_bytes()) for name, path in named if name.parts[0] not in ignored]
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w") as tar:
        for name, content in [*files, *more]:
            member = tarfile.TarInfo(name)  # readable for all, of root, of no date
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return result.getvalue()


def _extra_certificates(service: Service) -> list[tuple[str, bytes]]:
    """Let npm in the build trust what Node on this host was told to trust."""
    certificates = os.environ.get("NODE_EXTRA_CA_CERTS")
    if service is not BACKEND or not certificates:
        return []
    return [("extra-ca.crt", Path(certificates).read_bytes())]
