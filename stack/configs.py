"""Loads the complete files of `configs/` as data, and writes data back in a fixed form."""

from __future__ import annotations

import configparser
import io
import json
from pathlib import Path
from typing import Any

import yaml

CONFIGS = Path(__file__).parent.parent / "configs"
# Those in C, which PyYAML's own packages have, take a fifth of the time.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class FileError(Exception):
    """A file of `configs/` that cannot be used; its text names the file and the place in it."""

    def __init__(self, name: str, place: str, problem: str) -> None:
        where = f"configs/{name}" + (f", {place}" if place else "")
        super().__init__(f"nothing was changed: fix {where}: {problem}")


def load_yaml(name: str) -> Any:
    """Load `configs/<name>`; raises FileError where it is not valid YAML."""
    try:
        return yaml.load(read_text(name), _LOADER)  # noqa: S506 - both are safe
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise FileError(name, place, f"it is not valid YAML: {error.problem}") from error


def dump_yaml(content: object) -> str:
    """Write YAML in the order of its keys in the file, without comments.

    The preview compares such texts field by field; a comment or another order would be shown as a
    change of the whole file.
    """
    return yaml.dump(content, Dumper=_DUMPER, sort_keys=False, width=1_000_000, allow_unicode=True)


def load_ini(name: str) -> configparser.ConfigParser:
    """Load `configs/<name>`; its keys keep their case, and its values may contain `%`."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((CONFIGS / name).read_text(encoding="utf-8"))
    return parser


def dump_ini(parser: configparser.ConfigParser) -> str:
    """Write an INI file without comments."""
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def read_text(name: str) -> str:
    """Return `configs/<name>` as it is."""
    return (CONFIGS / name).read_text(encoding="utf-8")


def load_json(name: str) -> Any:
    """Load `configs/<name>`; raises FileError where it is not valid JSON."""
    try:
        return json.loads(read_text(name))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise FileError(name, place, f"it is not valid JSON: {error.msg}") from error


def dump_json(content: object) -> str:
    """Write JSON in the form whose differences a preview shows best."""
    return json.dumps(content, indent=2, ensure_ascii=False)


def names(folder: str, suffix: str) -> list[str]:
    """Return the files of `configs/<folder>` that end with `suffix`, sorted."""
    return sorted(f"{folder}/{path.name}" for path in (CONFIGS / folder).glob(f"*{suffix}"))
