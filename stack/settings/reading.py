"""Reads plain YAML values into the frozen settings, collecting every error with its remedy."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from stack.settings.declaration import Setting, Shape, settings
from stack.settings.format import Format
from stack.settings.problems import Path, Problem, set_secret, take_out
from stack.settings.values import Secret


def read(
    cls: type, values: Mapping[str, Any], path: Path, problems: list[Problem]
) -> dict[str, Any]:
    """Read a mapping into the arguments of the settings class `cls`.

    What cannot be read is added to `problems` and left out of the result.
    """
    known = {setting.key: setting for setting in settings(cls)}
    problems += [_unknown((*path, str(key)), known) for key in values if key not in known]
    found: dict[str, Any] = {}
    for key, setting in known.items():
        before = len(problems)
        if key in values:
            result = _value(setting, values[key], (*path, key), problems)
            if len(problems) == before:
                found[setting.name] = result
        elif setting.is_required:
            problems.append(_problem(setting, (*path, key), "is missing", setting.example))
    return found


def _value(setting: Setting, value: object, path: Path, problems: list[Problem]) -> Any:
    if setting.shape is Shape.LIST:
        if isinstance(value, list):
            return tuple(_item(setting, each, (*path, i), problems) for i, each in enumerate(value))
        problems.append(_wrong(setting, value, path, "must be a list", setting.example))
    elif setting.shape is Shape.MAPPING:
        if isinstance(value, Mapping):
            problems += [p for key in value if (p := _wrong_name(setting, (*path, str(key))))]
            return {key: _item(setting, v, (*path, str(key)), problems) for key, v in value.items()}
        problems.append(_wrong(setting, value, path, "must be names with values", setting.example))
    else:
        return _item(setting, value, path, problems)
    return None


def _item(setting: Setting, value: object, path: Path, problems: list[Problem]) -> Any:
    """Read a setting's value, or one of its items."""
    if setting.group:
        if not isinstance(value, Mapping):
            keys = ", ".join(each.key for each in settings(setting.group))
            must = f"must have the keys {keys}"
            problems.append(_wrong(setting, value, path, must, setting.item_example))
            return None
        before = len(problems)
        arguments = read(setting.group, value, path, problems)
        return setting.group(**arguments) if len(problems) == before else None
    form: Format = setting.form  # type: ignore[assignment] # what is no group has one
    try:
        result = form.parse(value)
    except ValueError as error:
        reason = f" ({error})" if str(error) else ""
        must = f"must be {form.must_be}{reason}"
        problems.append(_wrong(setting, value, path, must, setting.item_example))
        return None
    return Secret(result) if setting.is_secret else result


def _wrong(setting: Setting, value: object, path: Path, must: str, example: Any) -> Problem:
    """Say what is there, of a secret only whether anything is, and what must be."""
    if value is None or value == "":
        shown = "empty"
    elif setting.is_secret:
        shown = "unusable"
    else:
        shown = f"'{value}'" if isinstance(value, str) else f"{value!r}"
    return _problem(setting, path, f"is {shown}, but {must}", example)


def _problem(setting: Setting, path: Path, text: str, example: Any) -> Problem:
    if not setting.is_secret:
        return Problem(path, text, example)
    holds_several = (setting.group or setting.shape is Shape.MAPPING) and path[1:] == ()
    return Problem(path, f"{text}; {set_secret((*path, '<name>') if holds_several else path)}")


def _wrong_name(setting: Setting, path: Path) -> Problem | None:
    form: Format = setting.keys  # type: ignore[assignment] # every mapping has one
    try:
        form.parse(path[-1])
    except ValueError:
        text = f"has a name that is not usable, but must be {form.must_be}"
        return Problem(path, f"{text}; rename it, or {take_out(path)}")
    return None


def _unknown(path: Path, known: Mapping[str, object]) -> Problem:
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(known)}"
    remedy = f"docs/settings.md lists all; {take_out(path)}"
    return Problem(path, f"is not a setting of this version; {hint}\n  {remedy}")
