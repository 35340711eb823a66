"""How a setting is declared, and what its declaration says: its key, its shape, its format."""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from stack.settings.format import Format


class Shape(Enum):
    """Whether a setting holds one value (or group of settings), a list, or names with values."""

    ONE = "one"
    LIST = "list"
    MAPPING = "mapping"


@dataclass(frozen=True)
class Setting:
    """A field of a settings class, as reading, the reference and the editors' schema need it.

    Attributes:
        name: the field's name.
        key: the same as YAML spells it: `scrape_interval` is `scrapeInterval`.
        form: reads the value, or each item; None where these are groups of settings.
        group: the settings class of the value, or of each item, where there is one.
        keys: reads the names of a mapping.
        default: None where there is none to show.
    """

    name: str
    key: str
    doc: str
    shape: Shape
    form: Format | None
    group: type | None
    keys: Format | None
    is_secret: bool
    is_required: bool
    default: Any

    @property
    def example(self) -> Any:
        """A value as YAML has it."""
        if self.shape is Shape.MAPPING:
            return {self.keys.example if self.keys else "": self.item_example}
        return [self.item_example] if self.shape is Shape.LIST else self.item_example

    @property
    def item_example(self) -> Any:
        """The value, or one of its items. A default says more than the format's example."""
        if self.group:
            declared = settings(self.group)
            shown = [each for each in declared if each.is_required] or declared[:1]
            return {each.key: each.example for each in shown}
        if self.shape is Shape.ONE and self.default not in (None, ""):
            is_plain = isinstance(self.default, bool | int | float)
            return self.default if is_plain else str(self.default)
        return self.form and self.form.example


def setting(
    form: Format | None,
    doc: str,
    default: Any = dataclasses.MISSING,
    *,
    keys: Format | None = None,
    secret: bool = False,
) -> Any:
    """Declare a field that is a setting.

    `form` reads the value, or each item where the field holds several; None where the field holds
    other settings. `keys` reads the keys of a mapping. A default is written as in YAML. A `secret`
    must be encrypted and is never shown.
    """
    if form and isinstance(default, str | int) and not isinstance(default, bool):
        default = form.parse(default)
    metadata = {"form": form, "doc": doc, "keys": keys, "secret": secret}
    if isinstance(default, type):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@functools.cache
def settings(cls: type) -> tuple[Setting, ...]:
    """Return what the fields of a settings class declare; other fields are left out."""
    types = typing.get_type_hints(cls)
    return tuple(
        _derived(field, types[field.name])
        for field in dataclasses.fields(cls)
        if "form" in field.metadata
    )


def _derived(field: dataclasses.Field[Any], kind: Any) -> Setting:
    shapes = {tuple: Shape.LIST, Mapping: Shape.MAPPING}
    shape = shapes.get(typing.get_origin(kind), Shape.ONE)
    form = field.metadata["form"]
    item = typing.get_args(kind)[0] if shape is Shape.LIST else kind
    head, *tail = field.name.split("_")
    return Setting(
        name=field.name,
        key=head + "".join(part.capitalize() for part in tail),
        doc=field.metadata["doc"],
        shape=shape,
        form=form,
        group=None if form else item,
        keys=field.metadata["keys"],
        is_secret=field.metadata["secret"],
        is_required=field.default is field.default_factory is dataclasses.MISSING,
        default=None if field.default in (dataclasses.MISSING, ()) else field.default,
    )
