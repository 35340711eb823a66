"""Puts the lab's images into the Docker engine."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from lab import build, cache, progress
from lab.progress import LabError
from lab.recipe import Image
from lab.recipes import DEBIAN, IMAGES, PROGRAMS

_INPUTS = "lab.inputs"
"""Label with the hash of what an image was built from."""


def images(names: Iterable[str] = tuple(IMAGES)) -> dict[str, str]:
    """Make sure that the engine has these images, and return their references by name.

    What the engine lacks is built, as far as possible from the cache (seconds). Raises LabError.
    """
    return {name: _ensure(_known(name)) for name in names}


def _known(name: str) -> Image:
    if name not in IMAGES:
        raise LabError(f"The lab has no image {name!r}; it has {', '.join(IMAGES)}.")
    return IMAGES[name]


def _ensure(image: Image) -> str:
    inputs = _key(image)
    if _inputs_in_engine(image) == inputs:
        return image.reference
    parts = [build.program(PROGRAMS[name]) for name in image.programs]
    if image.npm:
        parts.append(build.npm(image.name))
    _ensure_debian()
    with cache.locked() as work:
        if _inputs_in_engine(image) != inputs:
            with progress.step(f"{image.reference}: building the image"):
                context = _context(image, parts, work)
                _docker_build(image, inputs, context)
    return image.reference


def _key(image: Image) -> str:
    """Return the hash of all that goes into `image`; needs nothing to be built yet."""
    parts = [build.program_key(PROGRAMS[name]) for name in image.programs]
    if image.npm:
        parts.append(build.npm_key(image.name))
    recipe = str(dataclasses.replace(image, cold=""))
    return cache.key(recipe, *parts, build.debian_key(), image.folder)


def _ensure_debian() -> None:
    inputs = build.debian_key()
    if _inputs_in_engine(DEBIAN) == inputs:
        return
    rootfs = build.debian() / "rootfs.tar"
    with cache.locked(), progress.step(f"{DEBIAN.reference}: loading the base image"):
        labels = " ".join(f'{name}="{value}"' for name, value in _labels(DEBIAN, inputs).items())
        command = ["docker", "import", "--change", f"LABEL {labels}"]
        command += [str(rootfs), DEBIAN.reference]
        progress.run(command, log=cache.log_file("image-debian"))


def _context(image: Image, parts: list[Path], work: Path) -> Path:
    """Lay out the folder that docker builds from: the image's, and the parts under `built/`."""
    context = work / "context"
    shutil.copytree(image.folder, context)
    built = context / "built"
    for part in parts:
        shutil.copytree(part, built, copy_function=os.link, symlinks=True, dirs_exist_ok=True)
    return context


def _docker_build(image: Image, inputs: str, context: Path) -> None:
    command = ["docker", "build", "--network=none", "--build-arg", f"VERSION={image.version}"]
    for name, value in _labels(image, inputs).items():
        command += ["--label", f"{name}={value}"]
    command += ["--tag", image.reference, str(context)]
    # The engine's own builder: BuildKit needs a client plugin and asks registries for the base.
    legacy = {"DOCKER_BUILDKIT": "0"}
    progress.run(command, log=cache.log_file(f"image-{image.name}"), env=legacy)


def _labels(image: Image, inputs: str) -> dict[str, str]:
    standard = "org.opencontainers.image"
    return {
        _INPUTS: inputs,
        f"{standard}.title": image.title,
        f"{standard}.version": image.version,
        f"{standard}.source": image.source,
        f"{standard}.description": f"Built by lab/. {image.stand_in}".strip(),
    }


def _inputs_in_engine(image: Image) -> str:
    """Return the label of the engine's image, or "" when the engine has no such image."""
    if not shutil.which("docker"):
        raise LabError("There is no `docker` client on the PATH.")
    label = f'{{{{index .Config.Labels "{_INPUTS}"}}}}'
    command = ["docker", "image", "inspect", "--format", label, image.reference]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    if asked.returncode != 0 and "no such image" not in asked.stderr.lower():
        raise LabError(f"The Docker engine does not answer: {asked.stderr.strip()}")
    return asked.stdout.strip()
