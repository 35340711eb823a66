"""Loads the settings of the current stack: the one place that touches Pulumi's configuration."""

from __future__ import annotations

import json
import os
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from stack.settings import loading
from stack.settings.declaration import Shape, settings
from stack.settings.model import Settings


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
    own = {k.split(":", 1)[1]: v for k, v in everything.items() if k.startswith(f"{project}:")}
    # A text, such as a password, may look like JSON.
    texts = {s.key for s in settings(Settings) if s.shape is Shape.ONE and not s.group}
    return {key: value if key in texts else _decoded(value) for key, value in own.items()}


def _decoded(value: str) -> Any:
    if value.startswith(("[", "{")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
