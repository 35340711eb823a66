"""Loads an environment's settings: the one place that touches Pulumi's configuration."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from stack.settings import contradictions, docker_host
from stack.settings.declaration import Setting, Shape, settings
from stack.settings.model import Settings
from stack.settings.problems import Problem, SettingsError, set_secret
from stack.settings.reading import read


def load() -> Settings:
    """Load the settings of the current stack.

    Raises SettingsError with every problem found, before anything is declared, and AddressError
    where `$DOCKER_HOST` holds more than an address.
    """
    return parse(pulumi.get_stack(), _values(), is_secret=is_config_secret, environment=os.environ)


def parse(
    stack: str,
    values: Mapping[str, Any],
    *,
    is_secret: Callable[[str], bool],
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Make the settings of `stack` of the values below `monitoring:`.

    `is_secret` tells of a full key whether its value is kept encrypted. In the `environment` may
    be `$DOCKER_HOST`.
    """
    problems: list[Problem] = []
    arguments = read(Settings, values, (), problems)
    problems += [
        _in_clear_text(setting)
        for setting in settings(Settings)
        if setting.is_secret
        and values.get(setting.key)
        and not is_secret(f"monitoring:{setting.key}")
    ]
    if problems:
        raise SettingsError(stack, problems)
    configured = arguments.get("docker_host")
    arguments["docker_host"] = docker_host.resolve(configured, environment or {})
    made = Settings(**arguments, stack=stack)
    problems += contradictions.problems(made)
    if problems:
        raise SettingsError(stack, problems)
    return made


def _in_clear_text(setting: Setting) -> Problem:
    holds_several = setting.group or setting.shape is not Shape.ONE
    path = (setting.key, "<name>") if holds_several else (setting.key,)
    return Problem((setting.key,), f"is in clear text; {set_secret(path)}")


def _values() -> dict[str, Any]:
    """Collect what is set below `monitoring:`; objects and lists arrive as JSON."""
    project = pulumi.get_project()
    everything = {**get_config_env(), **CONFIG.get()}
    own = {k.split(":", 1)[1]: v for k, v in everything.items() if k.startswith(f"{project}:")}
    # A text, such as a password, may look like JSON.
    texts = {s.key for s in settings(Settings) if s.shape is Shape.ONE and not s.group}
    return {key: value if key in texts else _decoded(value) for key, value in own.items()}


def _decoded(value: str) -> Any:
    if value[:1] in "[{" and value:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
