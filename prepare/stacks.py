"""One environment (a Pulumi stack): made if missing, and its configuration completed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from prepare import backend, images, passwords, pulumi_cli
from prepare.commands import Answer, ask
from prepare.lab_use import Lab
from prepare.places import ROOT
from prepare.progress import SetupError, note, step

PASSWORD = "monitoring:grafanaAdminPassword"  # noqa: S105 - the setting's name


@dataclass(frozen=True)
class Stack:
    """A stack, and the environment in which Pulumi can read its secrets."""

    name: str
    passphrase: Mapping[str, str]
    """The variables by which Pulumi finds the passphrase."""

    @property
    def env(self) -> dict[str, str]:
        """The environment for `pulumi` on this stack."""
        return pulumi_cli.environment() | dict(self.passphrase)

    def ask(self, *command: str, given: str | None = None) -> Answer:
        """Run a Pulumi command on the stack; `given` goes to its standard input."""
        whole = ("pulumi", *command, "--stack", self.name, "--non-interactive")
        return ask(*whole, env=self.env, given=given)

    def must(self, *command: str, given: str | None = None) -> str:
        """Run a Pulumi command on the stack and return its output. Raises `SetupError`."""
        answer = self.ask(*command, given=given)
        if not answer.ok:
            raise SetupError(backend.problem(" ".join(command[:2]), answer))
        return answer.output

    def config(self) -> dict[str, Any]:
        """The stack's configuration by full key; objects are objects, secrets are None."""
        entries = json.loads(self.must("config", "--json"))
        return {k: v.get("objectValue", v.get("value")) for k, v in entries.items()}


def named(name: str) -> Stack:
    """The stack of this name, which need not exist yet. Raises `SetupError`."""
    file = ROOT / f"Pulumi.{name}.yaml"
    encrypted = file.exists() and "\nencryptionsalt:" in "\n" + file.read_text()
    return Stack(name, passwords.passphrase_environment(encrypted=encrypted))


def existing(name: str) -> Stack | None:
    """The stack of this name, selected; None where there is none."""
    stack = named(name)
    answer = stack.ask("stack", "select")
    if answer.ok:
        return stack
    if "no stack named" in answer.errors:
        return None
    raise SetupError(backend.problem("stack select", answer))


def open_stack(name: str) -> Stack:
    """The stack of this name, created, selected and given a password as needed."""
    with step(f"Stack {name}") as this:
        stack = named(name)
        stack.must("stack", "select", "--create")
        if PASSWORD not in stack.config():
            given = passwords.grafana(name)
            stack.must("config", "set", "--secret", PASSWORD, given=given)
        elif "incorrect passphrase" in stack.ask("config", "get", PASSWORD).errors:
            raise SetupError(
                f"the secrets in Pulumi.{name}.yaml are encrypted with another passphrase than the "
                f"one that {' or '.join(stack.passphrase)} gives: set the right one."
            )
        elif "GRAFANA_ADMIN_PASSWORD" in os.environ:
            note(f"{PASSWORD} is set already, GRAFANA_ADMIN_PASSWORD is not looked at")
        this.outcome = "selected and configured"
        return stack


def chosen_image(settings: object, default: str) -> str:
    """The image in a service's settings. What is no image there, `pulumi up` will complain of."""
    image = settings.get("image") if isinstance(settings, dict) else None
    return image if isinstance(image, str) else default


def choose_images(stack: Stack, config: Mapping[str, Any], lab: Lab) -> dict[str, str]:
    """Have the stack's images by service; those that the lab built go into its configuration.

    Of `dev` they leave it again once the official ones can be had.
    """
    defaults = images.defaults()
    written = {
        service: chosen_image(config.get(f"monitoring:{service}"), image)
        for service, image in defaults.items()
    }
    goes_back = lab in (Lab.UNREACHABLE, Lab.NEVER)
    wanted = {
        service: defaults[service] if goes_back and image.startswith(images.PREFIX) else image
        for service, image in written.items()
    }

    def may_replace(services: Iterable[str]) -> None:
        for service in services:
            _may_replace(stack, service, written[service], defaults[service])

    usable = images.ready(wanted, lab, may_replace)
    for service, image in usable.items():
        if image == written[service]:
            continue
        path = ("--path", f"monitoring:{service}.image")
        if image == defaults[service]:
            stack.must("config", "rm", *path)
            note(f"took {written[service]} out of Pulumi.{stack.name}.yaml: back to {image}")
        else:
            stack.must("config", "set", *path, image)
            note(
                f"wrote {image} into Pulumi.{stack.name}.yaml; `make up LAB=no` takes it out again"
            )
    return usable


def _may_replace(stack: Stack, service: str, written: str, default: str) -> None:
    """Raise `SetupError` unless the lab's image may take the place of the one that is written.

    It may not where somebody chose that, or where another image may have made the volume: the
    lab's programs are older, and would spoil what they do not know.
    """
    if written.startswith(images.PREFIX):
        return
    if written != default:
        raise SetupError(
            f"no registry of {written} can be reached, and an image that was chosen is not "
            f"replaced: make its registry reachable, or correct monitoring:{service}.image."
        )
    volume = f"monitoring-{stack.name}-{service}"
    if ask("docker", "volume", "inspect", volume).ok and not _was_from_lab(stack, service):
        raise SetupError(
            f"{default} is not on the engine, and lab/'s stand-in is not started on the volume "
            f"{volume}, which the official image may have filled: `docker pull {default}` until it "
            f"comes, then try again. Where the data may go instead: `make down STACK={stack.name}`"
            f" and `docker volume rm {volume}`."
        )


def _was_from_lab(stack: Stack, service: str) -> bool:
    """Whether the last update that succeeded, and every try since, ran the lab's image.

    Where none has succeeded yet, every try: the first was let through because no volume was there.
    """
    history = json.loads(stack.must("stack", "history", "--json", "--page-size", "100"))
    updates = [update for update in history if update["kind"] == "update"]
    for update in updates:  # the newest is the first
        settings = (update.get("config") or {}).get(f"monitoring:{service}", {}).get("objectValue")
        if not chosen_image(settings, "").startswith(images.PREFIX):
            return False
        if update["result"] == "succeeded":
            break
    return bool(updates)
