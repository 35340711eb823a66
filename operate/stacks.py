"""A Pulumi stack: made if missing, given a password, and asked by Pulumi's commands."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.programs import Answer, ask
from bootstrap.progress import CommandError, note, step
from operate import environments, passwords, state_errors
from operate.environments import PASSWORD
from setup import docker_engine, pulumi_cli
from stack.settings import loading
from stack.settings.docker_host import AddressError
from stack.settings.model import Settings
from stack.settings.problems import SettingsError


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

    def ask(self, *command: str, given: str | None = None, seconds: float = 60) -> Answer:
        """Run a Pulumi command on the stack; `given` goes to its standard input."""
        complete = ("pulumi", *command, "--stack", self.name, "--non-interactive")
        return ask(*complete, env=self.env, given=given, seconds=seconds)

    def must(self, *command: str, given: str | None = None) -> str:
        """Run a Pulumi command on the stack and return its output. Raises `CommandError`."""
        answer = self.ask(*command, given=given)
        if not answer.ok:
            raise CommandError(state_errors.explain(" ".join(command[:2]), answer))
        return answer.output

    def config(self) -> dict[str, Any]:
        """Return the stack's configuration by full key; objects are objects, secrets are None."""
        entries = json.loads(self.must("config", "--json"))
        return {k: v.get("objectValue", v.get("value")) for k, v in entries.items()}

    def settings(self) -> Settings:
        """Return the settings as `pulumi up` reads them, secrets too. Raises `CommandError`."""
        return settings(self.name, self.must("config", "--json", "--show-secrets"))


def settings(name: str, config: str) -> Settings:
    """Return the settings of a stack whose configuration is given as Pulumi prints it in JSON.

    Raises `CommandError`.
    """
    entries = json.loads(config)
    values = {
        key.removeprefix("monitoring:"): entry.get("objectValue", entry["value"])
        for key, entry in entries.items()
        if key.startswith("monitoring:")
    }
    try:
        return loading.parse(
            name,
            values,
            is_secret=lambda key: bool(entries[key]["secret"]),
            # Where nothing is set, that of the client's context.
            environment={"DOCKER_HOST": docker_engine.address(None)},
        )
    except (SettingsError, AddressError) as error:
        raise CommandError(str(error)) from None


def named(name: str) -> Stack:
    """Return the stack of this name, which need not exist yet. Raises `CommandError`."""
    encrypted = environments.has_secrets(name)
    return Stack(name, passwords.passphrase_environment(encrypted=encrypted))


def existing(name: str) -> Stack | None:
    """Return the stack of this name, selected; None where there is none."""
    stack = named(name)
    answer = stack.ask("stack", "select")
    if answer.ok:
        return stack
    if "no stack named" in answer.errors:
        return None
    raise CommandError(state_errors.explain("stack select", answer))


def open_stack(name: str) -> Stack:
    """Return the stack of this name, created, selected and given a password as needed."""
    with step(f"Stack {name}") as this:
        stack = named(name)
        stack.must("stack", "select", "--create")
        # With the secrets, because only then the passphrase must be the right one.
        answer = stack.ask("config", "--json", "--show-secrets")
        if "incorrect passphrase" in answer.errors:
            raise CommandError(
                f"the secrets in Pulumi.{name}.yaml are encrypted with another passphrase than the "
                f"one that {' or '.join(stack.passphrase)} gives: set the right one."
            )
        if not answer.ok:
            raise CommandError(state_errors.explain("config", answer))
        if PASSWORD not in json.loads(answer.output):
            given = passwords.grafana(name)
            stack.must("config", "set", "--secret", PASSWORD, given=given)
        elif "GRAFANA_ADMIN_PASSWORD" in os.environ:
            note(f"{PASSWORD} is set already, GRAFANA_ADMIN_PASSWORD is not looked at")
        this.outcome = "selected and configured"
        return stack
