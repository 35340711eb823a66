"""Makes the settings of an environment of what its configuration says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stack.settings import contradictions, disk, docker_host
from stack.settings.declaration import Setting, Shape, settings
from stack.settings.model import Settings
from stack.settings.problems import Problem, SettingsError, set_secret
from stack.settings.reading import read


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
    made = disk.divide(Settings(**arguments, stack=stack), values)
    problems += [*contradictions.problems(made), *disk.problems(made, values)]
    if problems:
        raise SettingsError(stack, problems)
    return made


def _in_clear_text(setting: Setting) -> Problem:
    holds_several = setting.group or setting.shape is not Shape.ONE
    path = (setting.key, "<name>") if holds_several else (setting.key,)
    return Problem((setting.key,), f"is in clear text; {set_secret(path)}")
