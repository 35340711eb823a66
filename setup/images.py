"""The services' images: those on the engine, else pulled, else built here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bootstrap.programs import ask
from bootstrap.progress import note, step
from setup import image_pull, local_builds
from setup.local_builds import Policy


def ready(
    wanted: Mapping[str, str],
    policy: Policy,
    check_replaceable: Callable[[Iterable[str]], None] = lambda _services: None,
) -> dict[str, str]:
    """Ensure an image of each service on the engine. Raises `CommandError`.

    `wanted` maps service to image. The result does, too, and differs where one was built here.
    `check_replaceable` raises `CommandError` where that must not be for one of the services.
    """
    with step("Images") as this:
        # The builder sees by itself, and fast, whether what the engine has is still what it builds.
        built = [service for service, image in wanted.items() if local_builds.is_built_here(image)]
        others = {s: image for s, image in wanted.items() if s not in built}
        missing = {s: image for s, image in others.items() if not present(image)}
        pulled = [] if policy is Policy.ALWAYS else pull_all(missing, policy)
        to_build = [service for service in missing if service not in pulled]
        if to_build:
            check_replaceable(to_build)
            note(f"built instead, from Go modules and Debian packages: {', '.join(to_build)}")
            note("(half an hour, unless cached)")
        built += to_build
        counts = f"{len(others) - len(missing)} present, {len(pulled)} pulled"
        this.outcome = f"{counts}, {len(built)} {local_builds.ORIGIN}"
        usable = dict(wanted) | (local_builds.images(built) if built else {})
    for shortcoming in local_builds.shortcomings(usable.values()):
        note(shortcoming)
    return usable


def pull_all(missing: Mapping[str, str], policy: Policy) -> list[str]:
    """Pull images until no registry can be reached; return the services whose image has come.

    Raises `CommandError` for every other failure, and for that one where nothing may be built.
    """
    pulled: list[str] = []
    for service, image in missing.items():
        try:
            image_pull.pull(image)
        except image_pull.NoRegistryError as error:
            local_builds.check_allowed(image, str(error), policy)
            break
        pulled.append(service)
    return pulled


def present(image: str) -> bool:
    """Return whether the engine has the image."""
    return ask("docker", "image", "inspect", "-f", "{{.Id}}", image).ok
