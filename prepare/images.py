"""The four services' images: those on the engine, else pulled, else built by the lab."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping

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
        missing = {s: i for s, i in wanted.items() if not ask(*present(i)).ok}
        pulled, to_build = [], [s for s, image in missing.items() if image.startswith("lab/")]
        for image in missing.values():
            if to_build:  # where one registry is out of reach, do not wait for each image
                break
            try:
                pull(image)
                pulled.append(image)
            except NoRegistryError as error:
                note(f"no image registry answers ({error})")
                to_build = [s for s in missing if missing[s] not in pulled]
                note(f"taking lab/'s images instead: {', '.join(to_build)}")
                note("built from Go modules and Debian packages (20 minutes, unless cached)")
        this.outcome = (
            f"{len(wanted) - len(missing)} present, {len(pulled)} pulled, {len(to_build)} built"
        )
        return dict(wanted) | (golang.images(to_build) if to_build else {})


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
