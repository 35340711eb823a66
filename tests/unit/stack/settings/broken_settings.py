"""Environments drawn at random from the settings' declaration, each wrong in one or more places."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from stack.settings import reference
from stack.settings.declaration import Setting, Shape, settings
from stack.settings.model import Settings
from stack.settings.problems import Path

# What people write by mistake, what YAML makes of it, and what breaks programs.
_ODD = (
    *("", " ", "yes", "off", "~", "0x1F", "1e999", "-1", "1_000", "true ", "None", "NaN"),
    *("15 s", "15S", "\uff15m", "1h 30m", "4Gi", "-4GB", "\u00bdGB", "4,5GB", "1.5h", "P1D"),
    *("9" * 5_000, "9" * 5_000 + "d", "9" * 5_000 + "GB", "a" * 10_000, "(" * 500, "a:99999"),
    *("a\nb", "a\u2028b", "\u202e", "\x00", "\ud800", "e\u0301", "\U0001f600"),
    *("*a", "&a", "!!int 3", "%s", "\\", "'", '"', "{{ x }}", "${X}", "$(id)", "[", "://", "/"),
)
_TEXTS = st.text(max_size=9) | st.sampled_from(_ODD)
_SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | _TEXTS
_JUNK: SearchStrategy[Any] = (
    _SCALARS
    | st.lists(_SCALARS | st.just([[]]), max_size=3)
    | st.dictionaries(_TEXTS, _SCALARS | st.just({"a": {}}), max_size=2)
)


@dataclass(frozen=True)
class Place:
    """Where an environment can say something, and the setting that is read there."""

    path: Path
    setting: Setting
    is_item: bool

    @property
    def group(self) -> type | None:
        """The settings class that is read here, if it is one."""
        is_one = self.is_item or self.setting.shape is Shape.ONE
        return self.setting.group if is_one else None

    def is_wrong(self, value: object) -> bool:
        """Return whether editors would mark a value here; they never mark what is right."""
        if self.setting.is_secret and isinstance(value, str):
            return not value or value != value.strip() or not value.isprintable()
        schema = _schema()
        for part in self.path:
            known = schema.get("properties", {})
            beyond = schema["items"] if isinstance(part, int) else schema["additionalProperties"]
            schema = known.get(f"monitoring:{part}") or known.get(part) or beyond
        if self.setting.is_secret and not self.group:
            # Editors see it encrypted.
            return self.is_item or self.setting.shape is Shape.ONE or not isinstance(value, dict)
        return not jsonschema.Draft202012Validator(schema).is_valid(value)


@functools.cache
def _schema() -> Any:
    return reference.editor_schema()["properties"]["config"] | {"additionalProperties": False}


def everything() -> dict[str, Any]:
    """Return an environment that says every setting, with what its declaration shows of it."""
    said = _group(Settings)
    said["jobs"][0]["auth"] = "basic"  # with which its user's name goes
    return said


def _group(cls: type) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for each in settings(cls):
        one = _group(each.group) if each.group else each.example
        said[each.key] = [one] if each.group and each.shape is Shape.LIST else one
    return said


def places(cls: type = Settings, path: Path = ()) -> Iterator[Place]:
    """Return every place of `everything()`."""
    for each in settings(cls):
        here: Path = (*path, each.key)
        yield Place(here, each, is_item=False)
        if each.shape is not Shape.ONE:
            here = (*here, 0 if each.shape is Shape.LIST else next(iter(each.example)))
            yield Place(here, each, is_item=True)
        if each.group:
            yield from places(each.group, here)


def put(values: Any, path: Path, value: object) -> None:
    """Set what is at a path of an environment."""
    for part in path[:-1]:
        values = values[part]
    values[path[-1]] = value


def _mistakes(place: Place) -> SearchStrategy[tuple[Path, Any]]:
    """Draw where something is wrong, at a place or just below it, and what is there."""
    wrong = st.tuples(st.just(place.path), _JUNK.filter(place.is_wrong))
    if not place.group:
        return wrong
    known = [each.key for each in settings(place.group)]
    unknown = _TEXTS.filter(lambda key: key not in known).map(lambda key: (*place.path, key))
    return wrong | st.tuples(unknown, _JUNK)


# Made once: Hypothesis looks at the source of each function that it is given.
_MISTAKES = {place.path: _mistakes(place) for place in places()}


@st.composite
def environments(draw: DrawFn) -> tuple[dict[str, Any], list[Path]]:
    """Draw an environment with one to three wrong places, and these places."""
    values = everything()
    found: list[Path] = []
    for path in draw(st.lists(st.sampled_from(list(_MISTAKES)), min_size=1, max_size=3)):
        if any(path[: len(other)] == other[: len(path)] for other in found):
            continue  # the one would take the other away
        where, value = draw(_MISTAKES[path])
        put(values, where, value)
        found.append(where)
    return values, found
