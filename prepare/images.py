"""The four services' images: those on the engine, else pulled, else built by the lab."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from lab.recipes import IMAGES
from prepare import golang, registry
from prepare.commands import ask
from prepare.lab_use import Lab, refusal
from prepare.places import PYTHON
from prepare.progress import SetupError, note, step

PREFIX = "lab/"
"""What the names of the lab's images begin with."""


def defaults() -> dict[str, str]:
    """The image of each service that the program uses when the configuration names none."""
    model = "from stack.settings.model import DEFAULT_IMAGES"
    code = f"import json; {model}; print(json.dumps(dict(DEFAULT_IMAGES)))"
    answer = ask(PYTHON, "-c", code)
    if not answer.ok:
        raise SetupError(f"the program's settings cannot be read: {answer.complaint}")
    images: dict[str, str] = json.loads(answer.output)
    return images


def ready(
    wanted: Mapping[str, str],
    lab: Lab,
    may_replace: Callable[[Iterable[str]], None] = lambda _services: None,
) -> dict[str, str]:
    """Have an image of each service on the engine. Raises `SetupError`.

    `wanted` maps service to image. The result does, too, and differs where the lab built one.
    `may_replace` raises `SetupError` where that must not be for one of the services.
    """
    with step("Images") as this:
        # The lab sees by itself, and fast, whether what the engine has is still what it builds.
        from_lab = [service for service, image in wanted.items() if image.startswith(PREFIX)]
        others = {s: image for s, image in wanted.items() if s not in from_lab}
        missing = {s: image for s, image in others.items() if not ask(*present(image)).ok}
        pulled = [] if lab is Lab.ALWAYS else pull_all(missing, lab)
        to_build = [service for service in missing if service not in pulled]
        if to_build:
            may_replace(to_build)
            note(f"taking lab/'s images instead: {', '.join(to_build)}")
            note("built from Go modules and Debian packages (half an hour, unless cached)")
        from_lab += to_build
        counts = (len(others) - len(missing), len(pulled), len(from_lab))
        this.outcome = "{} present, {} pulled, {} from lab/".format(*counts)
        usable = dict(wanted) | (golang.images(from_lab) if from_lab else {})
    for built in IMAGES.values():
        if built.stand_in and built.reference in usable.values():
            note(f"{built.reference}: {built.stand_in}")
    return usable


def pull_all(missing: Mapping[str, str], lab: Lab) -> list[str]:
    """Pull images until no registry can be reached; the services whose image has come.

    Raises `SetupError` for every other failure, and for that one where the lab may not step in.
    """
    pulled: list[str] = []
    for service, image in missing.items():
        try:
            registry.pull(image)
        except registry.NoRegistryError as error:
            if lab is not Lab.UNREACHABLE:
                raise refusal(image, str(error)) from error
            note(f"no image registry can be reached ({error})")
            break
        pulled.append(service)
    return pulled


def present(image: str) -> tuple[str, ...]:
    """The command that succeeds where the engine has the image."""
    return ("docker", "image", "inspect", "-f", "{{.Id}}", image)
