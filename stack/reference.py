"""The settings as a table for people, which `python -m stack.reference` prints, and as a schema."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator

from stack.reading import camel, fields
from stack.settings import Settings


def table() -> str:
    """Give a Markdown table of every setting: its key below `monitoring:`, default, meaning."""
    rows = ["| key | default | meaning |", "| --- | --- | --- |", *_rows(Settings, "")]
    return "\n".join(rows) + "\n"


def schema() -> dict[str, typing.Any]:
    """Give the config schema of Pulumi.yaml, with which the CLI checks the types first.

    Secrets are not in it: of a missing one the program says how to set it, and the CLI would not.
    """
    types = typing.get_type_hints(Settings)
    return {camel(field.name): _declaration(types[field.name], field) for field in fields(Settings)}


def _declaration(kind: typing.Any, field: dataclasses.Field[typing.Any]) -> dict[str, typing.Any]:
    described = {"description": field.metadata["doc"]}
    if typing.get_origin(kind) is tuple:
        item = "string" if field.metadata["form"] else "object"
        return {"type": "array", "items": {"type": item}, **described, "default": []}
    if kind in (str, bool):
        name = {str: "string", bool: "boolean"}[kind]
        return {"type": name, **described, "default": field.default}
    return {"type": "object", **described, "default": {}}


def _rows(cls: type, prefix: str) -> Iterator[str]:
    types = typing.get_type_hints(cls)
    for field in fields(cls):
        kind, key = types[field.name], f"{prefix}{camel(field.name)}"
        item = typing.get_args(kind)[0] if typing.get_origin(kind) is tuple else kind
        if dataclasses.is_dataclass(item) and not field.metadata["form"]:
            if item is not kind:
                yield f"| `{key}` | none | {field.metadata['doc']} Each has: |"
            yield from _rows(typing.cast("type", item), f"{key}{'[]' * (item is not kind)}.")
        else:
            yield f"| `{key}` | {_default(field)} | {field.metadata['doc']} |"


def _default(field: dataclasses.Field[typing.Any]) -> str:
    if field.default is field.default_factory is dataclasses.MISSING:
        return "required"
    if field.default in (None, "", (), dataclasses.MISSING):
        return "none"
    shown = str(field.default)
    return f"`{shown.lower() if isinstance(field.default, bool) else shown}`"


if __name__ == "__main__":
    print(table(), end="")
