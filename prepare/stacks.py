"""One environment (a Pulumi stack): made if missing, and its configuration completed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prepare import backend, images, passwords, pulumi_cli
from prepare.commands import Answer, ask
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


def choose_images(stack: Stack, config: Mapping[str, Any]) -> dict[str, str]:
    """Have the stack's images by service; those that the lab built go into its configuration."""
    wanted = {
        service: chosen_image(config.get(f"monitoring:{service}"), image)
        for service, image in images.defaults().items()
    }
    usable = images.ready(wanted)
    changed = {service: usable[service] for service in wanted if usable[service] != wanted[service]}
    for service, image in changed.items():
        stack.must("config", "set", "--path", f"monitoring:{service}.image", image)
    if changed:
        note(f"wrote the built images into Pulumi.{stack.name}.yaml; to go back to the official")
        note("ones: pulumi config rm --path monitoring:SERVICE.image")
    return usable
