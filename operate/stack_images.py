"""The images that a stack runs: those of its configuration, else the defaults, else built here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bootstrap.programs import ask
from bootstrap.progress import CommandError, note
from operate.stacks import Stack
from setup import images
from setup.local_builds import Policy, is_built_here
from stack.settings.model import DEFAULT_IMAGES, is_on, prefix


def chosen_image(settings: object, default: str) -> str:
    """Return the image in a service's settings; `pulumi up` complains of what is not one there."""
    image = settings.get("image") if isinstance(settings, dict) else None
    return image if isinstance(image, str) else default


def choose(stack: Stack, config: Mapping[str, Any], policy: Policy) -> dict[str, str]:
    """Ensure the stack's images, by service; those that were built go into its configuration.

    Of `dev` they leave it again once the official ones can be had.
    """
    written = {
        service: chosen_image(config.get(f"monitoring:{service}"), image)
        for service, image in DEFAULT_IMAGES.items()
        if is_on(service, config.get(f"monitoring:{service}"))
    }
    goes_back = policy in (Policy.UNREACHABLE, Policy.NEVER)
    wanted = {
        service: DEFAULT_IMAGES[service] if goes_back and is_built_here(image) else image
        for service, image in written.items()
    }

    def check_replaceable(services: Iterable[str]) -> None:
        for service in services:
            _check_replaceable(stack, service, written[service])

    usable = images.ready(wanted, policy, check_replaceable)
    for service, image in usable.items():
        if image == written[service]:
            continue
        path = ("--path", f"monitoring:{service}.image")
        if image == DEFAULT_IMAGES[service]:
            stack.must("config", "rm", *path)
            note(f"took {written[service]} out of Pulumi.{stack.name}.yaml: back to {image}")
        else:
            stack.must("config", "set", *path, image)
            note(
                f"wrote {image} into Pulumi.{stack.name}.yaml; `make up LAB=no` takes it out again"
            )
    return usable


def _check_replaceable(stack: Stack, service: str, written: str) -> None:
    """Raise `CommandError` unless an image that is built may take the place of the written one.

    It may not where somebody chose that, or where another image may have made the volume: the
    programs that are built can be older, and would spoil what they do not know.
    """
    if is_built_here(written):
        return
    default = DEFAULT_IMAGES[service]
    if written != default:
        raise CommandError(
            f"no registry of {written} can be reached, and an image that was chosen is not "
            f"replaced: make its registry reachable, or correct monitoring:{service}.image."
        )
    volume = f"{prefix(stack.name)}-{service}"
    if ask("docker", "volume", "inspect", volume).ok and not _was_built_here(stack, service):
        raise CommandError(
            f"{default} is not on the engine, and what is built in its place is not started on the "
            f"volume {volume}, which the official image may have filled: `docker pull {default}` "
            "until it comes, then try again. Where the data may go instead: "
            f"`make down STACK={stack.name}` and `docker volume rm {volume}`."
        )


def _was_built_here(stack: Stack, service: str) -> bool:
    """Return whether the last update that succeeded, and every try since, ran what was built here.

    Where none has succeeded yet, every try: the first was let through because no volume was there.
    """
    history = json.loads(stack.must("stack", "history", "--json", "--page-size", "100"))
    updates = [update for update in history if update["kind"] == "update"]
    for update in updates:  # the newest is the first
        settings = (update.get("config") or {}).get(f"monitoring:{service}", {}).get("objectValue")
        if not is_built_here(chosen_image(settings, "")):
            return False
        if update["result"] == "succeeded":
            break
    return bool(updates)
