"""Reads an environment's configuration: the one place that touches Pulumi's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from stack import contradictions, encrypted
from stack.reading import Problem, SettingsError, read
from stack.settings import Settings


def load() -> Settings:
    """Read the settings of the current stack.

    Raises SettingsError with every problem found, before anything is declared.
    """
    return parse(pulumi.get_stack(), _values(), is_secret=is_config_secret)


def parse(stack: str, values: Mapping[str, Any], *, is_secret: Any) -> Settings:
    """Make the settings of `stack` of the values below `monitoring:`.

    `is_secret` tells of a full key whether its value is kept encrypted.
    """
    problems: list[Problem] = []
    plain = {key: value for key, value in values.items() if key not in encrypted.KEYS}
    arguments = read(Settings, plain, (), problems)
    secrets = encrypted.read(values, is_secret, problems)
    if problems:
        raise SettingsError(stack, problems)
    settings = Settings(**arguments, **secrets, stack=stack)
    problems += contradictions.of(settings)
    if problems:
        raise SettingsError(stack, problems)
    return settings


def _values() -> dict[str, Any]:
    """Collect what is set below `monitoring:`; objects and lists arrive as JSON."""
    project = pulumi.get_project()
    everything = {**get_config_env(), **CONFIG.get()}
    own = {k.split(":", 1)[1]: v for k, v in everything.items() if k.startswith(f"{project}:")}
    return {
        key: value if key == encrypted.PASSWORD else _decoded(value) for key, value in own.items()
    }


def _decoded(value: str) -> Any:
    if value[:1] in "[{" and value:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
