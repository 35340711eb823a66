"""Reads plain YAML values into the frozen settings, collecting every error with its remedy."""

from __future__ import annotations

import dataclasses
import difflib
import json
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from stack.formats import Format

Path = tuple[str | int, ...]


def setting(
    form: Format | None, doc: str, default: Any = dataclasses.MISSING, *, keys: Format | None = None
) -> Any:
    """Declare a field that is a setting.

    `form` reads the value, or each item where the field holds several; None where the field holds
    other settings. `keys` reads the keys of a mapping. A default is written as in YAML.
    """
    if form and isinstance(default, str | int) and not isinstance(default, bool):
        default = form.parse(default)
    metadata = {"form": form, "doc": doc, "keys": keys}
    if isinstance(default, type):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def camel(name: str) -> str:
    """Give a Python name's spelling in YAML: `scrape_interval` is `scrapeInterval`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


@dataclass(frozen=True)
class Problem:
    """One setting that cannot be used: where it is, what is wrong, and a value that would do."""

    path: Path
    text: str
    example: Any = None

    @property
    def key(self) -> str:
        """The setting's path as `pulumi config set --path` takes it."""
        head, *rest = self.path
        parts = (
            f"[{json.dumps(part)}]" if isinstance(part, int) or "." in part else f".{part}"
            for part in rest
        )
        return f"monitoring:{head}" + "".join(parts)

    def describe(self, stack: str) -> str:
        """Say it, with the lines to write where a value would help."""
        text = f"{self.key} {self.text}"
        if self.example is None:
            return text
        value = self.example
        for part in reversed(self.path[1:]):
            value = [value] if isinstance(part, int) else {part: value}
        lines = yaml.safe_dump({"config": {f"monitoring:{self.path[0]}": value}}, sort_keys=False)
        return f"{text}\n  in Pulumi.{stack}.yaml, for example:\n" + "\n".join(
            f"    {line}" for line in lines.splitlines()
        )


class SettingsError(Exception):
    """Settings that cannot be used; its text names each key and shows the remedy."""

    def __init__(self, stack: str, problems: list[Problem]) -> None:
        self.problems = problems
        body = "\n\n".join(problem.describe(stack) for problem in problems)
        super().__init__(f"nothing was changed: mend the settings of stack '{stack}'\n\n{body}")


def fields(cls: type) -> Iterator[dataclasses.Field[Any]]:
    """Give the fields of a settings class that are settings."""
    return (field for field in dataclasses.fields(cls) if "form" in field.metadata)


def read(cls: type, value: object, path: Path, problems: list[Problem]) -> dict[str, Any]:
    """Read a mapping into the arguments of the settings class `cls`.

    What cannot be read is added to `problems` and left out of the result.
    """
    if not isinstance(value, Mapping):
        wanted = ", ".join(camel(field.name) for field in fields(cls))
        problems.append(Problem(path, f"is {_shown(value)}, but wants the keys {wanted}"))
        return {}
    known = {camel(field.name): field for field in fields(cls)}
    problems += [_unknown((*path, str(key)), known) for key in value if key not in known]
    types = typing.get_type_hints(cls)
    found: dict[str, Any] = {}
    for key, field in known.items():
        if key in value:
            before = len(problems)
            result = _value(types[field.name], field, value[key], (*path, key), problems)
            if len(problems) == before:
                found[field.name] = result
        elif field.default is field.default_factory is dataclasses.MISSING:
            problems.append(Problem((*path, key), "is missing", _example(types[field.name], field)))
    return found


def _value(
    kind: Any,
    field: dataclasses.Field[Any],
    value: object,
    path: Path,
    problems: list[Problem],
) -> Any:
    form: Format | None = field.metadata["form"]
    origin = typing.get_origin(kind)
    if origin is tuple:
        if not isinstance(value, list):
            text = f"is {_shown(value)}, but wants a list"
            problems.append(Problem(path, text, _example(kind, field)))
            return ()
        item = typing.get_args(kind)[0]
        return tuple(_value(item, field, v, (*path, i), problems) for i, v in enumerate(value))
    if origin is Mapping:
        return _mapping(field, value, path, problems)
    if form is None:
        before = len(problems)
        arguments = read(kind, value, path, problems)
        return kind(**arguments) if len(problems) == before else None
    return _scalar(_with_own_example(form, field), value, path, problems)


def _with_own_example(form: Format, field: dataclasses.Field[Any]) -> Format:
    """Let a setting's default be its example: it says more than one of the format in general."""
    default = field.default
    if default in (None, "", (), dataclasses.MISSING):
        return form
    return dataclasses.replace(
        form, example=default if isinstance(default, bool | int | float) else str(default)
    )


def _mapping(
    field: dataclasses.Field[Any], value: object, path: Path, problems: list[Problem]
) -> dict[str, Any]:
    form, keys = field.metadata["form"], field.metadata["keys"]
    if not isinstance(value, Mapping):
        text = f"is {_shown(value)}, but wants names with values"
        problems.append(Problem(path, text, {keys.example: form.example}))
        return {}
    for key in value:
        _scalar(keys, key, (*path, str(key)), problems, what="has a name that")
    return {key: _scalar(form, item, (*path, str(key)), problems) for key, item in value.items()}


def _scalar(
    form: Format, value: object, path: Path, problems: list[Problem], *, what: str = "is"
) -> Any:
    try:
        return form.parse(value)
    except ValueError as error:
        shown = f"{what} {_shown(value)}" if what == "is" else f"{what} is not usable"
        reason = f" ({error})" if str(error) else ""
        example = form.example if what == "is" else None
        problems.append(Problem(path, f"{shown}, but wants {form.wants}{reason}", example))
        return None


def _unknown(path: Path, known: Mapping[str, object]) -> Problem:
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(known)}"
    key = Problem(path, "").key
    remedy = f"docs/settings.md lists all; take it out with: pulumi config rm --path '{key}'"
    return Problem(path, f"is not a setting of this version; {hint}\n  {remedy}")


def _shown(value: object) -> str:
    if value is None or value == "":
        return "empty"
    return f"'{value}'" if isinstance(value, str) else f"{value!r}"


def _example(kind: Any, field: dataclasses.Field[Any]) -> Any:
    form: Format | None = field.metadata["form"]
    several = typing.get_origin(kind) is tuple
    if form is None:
        item = typing.get_args(kind)[0] if several else kind
        one = {
            camel(f.name): _example(typing.get_type_hints(item)[f.name], f)
            for f in fields(item)
            if f.default is f.default_factory is dataclasses.MISSING
        }
    else:
        one = form.example
    return [one] if several else one
