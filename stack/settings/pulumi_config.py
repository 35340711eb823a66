"""Loads the settings of the current stack: the one place that touches Pulumi's configuration."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from stack.settings import loading
from stack.settings.declaration import Shape, settings
from stack.settings.model import Settings
from stack.settings.problems import Problem, SettingsError

_ALMOST = 0.8
"""How alike a slip is at least: `monitor` is one, `monitoring-other` another project."""


def load() -> Settings:
    """Load the settings of the current stack.

    Raises SettingsError with every problem found, before anything is declared, and AddressError
    where `$DOCKER_HOST` holds more than an address.
    """
    return loading.parse(
        pulumi.get_stack(), _values(), is_secret=is_config_secret, environment=os.environ
    )


def _values() -> dict[str, Any]:
    """Collect what is set below `monitoring:`; objects and lists arrive as JSON."""
    project = pulumi.get_project()
    everything = {**get_config_env(), **CONFIG.get()}
    if slips := list(_slips(everything, project)):
        raise SettingsError(pulumi.get_stack(), slips)
    own = {k.split(":", 1)[1]: v for k, v in everything.items() if k.startswith(f"{project}:")}
    # A text, such as a password, may look like JSON.
    texts = {s.key for s in settings(Settings) if s.shape is Shape.ONE and not s.group}
    return {key: value if key in texts else _decoded(value) for key, value in own.items()}


def _slips(keys: Iterable[str], project: str) -> Iterator[Problem]:
    """Tell of settings before whose colon there is almost the project's name: nobody reads them."""
    known = {setting.key for setting in settings(Settings)}
    for key in keys:
        name, _, setting = key.partition(":")
        close = difflib.get_close_matches(name, [project], cutoff=_ALMOST)
        if close and name != project and setting in known:
            yield Problem((setting,), f"is written as '{key}', which nothing reads; rename it")


def _decoded(value: str) -> Any:
    if value.startswith(("[", "{")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
