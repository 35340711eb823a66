"""The four services' images: those on the engine, else pulled, else built by the lab."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping

from lab.recipes import IMAGES
from prepare import golang
from prepare.commands import ask
from prepare.places import PYTHON
from prepare.progress import SetupError, note, step

ANSWER_SECONDS = 20.0
"""How long a registry may take for the first word of an answer."""
REFUSALS = ("not found", "manifest unknown", "denied", "unauthorized", "toomanyrequests")
"""What a registry says that was reached and does not give the image."""


class NoRegistryError(Exception):
    """The registry of an image does not answer the engine."""


def defaults() -> dict[str, str]:
    """The image of each service that the program uses when the configuration names none."""
    code = "import json; from stack.settings import DEFAULT_IMAGES as D; print(json.dumps(dict(D)))"
    answer = ask(PYTHON, "-c", code)
    if not answer.ok:
        raise SetupError(f"the program's settings cannot be read: {answer.complaint}")
    images: dict[str, str] = json.loads(answer.output)
    return images


def ready(wanted: Mapping[str, str]) -> dict[str, str]:
    """Have an image of each service on the engine. Raises `SetupError`.

    `wanted` maps service to image. The result does, too, and differs where the lab had to
    build one.
    """
    with step("Images") as this:
        # The lab sees by itself, and fast, whether what the engine has is still what it builds.
        from_lab = [service for service, image in wanted.items() if image.startswith("lab/")]
        others = {s: image for s, image in wanted.items() if s not in from_lab}
        missing = {s: image for s, image in others.items() if not ask(*present(image)).ok}
        pulled = pull_all(missing)
        unreachable = [service for service in missing if service not in pulled]
        if unreachable:
            note(f"taking lab/'s images instead: {', '.join(unreachable)}")
            note("built from Go modules and Debian packages (half an hour, unless cached)")
        from_lab += unreachable
        counts = (len(others) - len(missing), len(pulled), len(from_lab))
        this.outcome = "{} present, {} pulled, {} from lab/".format(*counts)
        usable = dict(wanted) | (golang.images(from_lab) if from_lab else {})
    for built in IMAGES.values():
        if built.stand_in and built.reference in usable.values():
            note(f"{built.reference}: {built.stand_in}")
    return usable


def pull_all(missing: Mapping[str, str]) -> list[str]:
    """Pull images until a registry is silent; the services whose image has come."""
    pulled: list[str] = []
    try:
        for service, image in missing.items():
            pull(image)
            pulled.append(service)
    except NoRegistryError as error:
        note(f"no image registry answers ({error})")
    return pulled


def ready_for_example(services: Mapping[str, str]) -> None:
    """Have the example application's base images, where no registry answered for the services'.

    Otherwise its own build pulls them.
    """
    if any(image.startswith("lab/") for image in services.values()):
        golang.images(("node", "nginx"))


def present(image: str) -> tuple[str, ...]:
    """The command that succeeds where the engine has the image."""
    return ("docker", "image", "inspect", "-f", "{{.Id}}", image)


def pull(image: str) -> None:
    """Let the engine pull an image.

    Raises `NoRegistryError` where the registry is silent, and `SetupError` where it was reached and
    refuses, because then the image's name is wrong or a login is missing.
    """
    note(f"docker pull {image}")
    process = subprocess.Popen(
        ("docker", "pull", image), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    # Docker's first line comes when the registry has answered; a silent one keeps it waiting
    # for minutes.
    alarm = threading.Timer(ANSWER_SECONDS, process.kill)
    alarm.start()
    last = ""
    with process:
        for line in process.stdout or ():
            if "Pulling from" in line:
                alarm.cancel()
            last = line.strip() or last
    alarm.cancel()
    if process.returncode != 0:
        if any(refusal in last.lower() for refusal in REFUSALS):
            raise SetupError(
                f"the registry does not give {image} ({last}): correct the image in the stack's "
                "configuration, or log in with `docker login`."
            )
        raise NoRegistryError(last or f"no word within {ANSWER_SECONDS:.0f} s")
