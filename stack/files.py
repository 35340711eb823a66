"""Loads the complete files of `configs/` as data, and writes data back in a fixed form."""

from __future__ import annotations

import configparser
import io
import json
from pathlib import Path
from typing import Any

import yaml

CONFIGS = Path(__file__).parent.parent / "configs"


def load_yaml(name: str) -> Any:
    """Load `configs/<name>`."""
    return yaml.safe_load((CONFIGS / name).read_text(encoding="utf-8"))


def dump_yaml(content: object) -> str:
    """Write YAML in the order of its keys in the file, without comments.

    The preview compares such texts field by field; a comment or another order would be shown as a
    change of the whole.
    """
    return yaml.safe_dump(content, sort_keys=False, width=1_000_000, allow_unicode=True)


def load_ini(name: str) -> configparser.ConfigParser:
    """Load `configs/<name>`; its values may contain `%` and keep their case."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string((CONFIGS / name).read_text(encoding="utf-8"))
    return parser


def dump_ini(parser: configparser.ConfigParser) -> str:
    """Write an INI file without comments."""
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def read_text(name: str) -> str:
    """Give `configs/<name>` as it is."""
    return (CONFIGS / name).read_text(encoding="utf-8")


def dump_json(name: str) -> str:
    """Give the JSON file `configs/<name>` in the form whose differences a preview shows best."""
    return json.dumps(json.loads(read_text(name)), indent=2, ensure_ascii=False)


def names(folder: str, suffix: str) -> list[str]:
    """Give the files of `configs/<folder>` that end with `suffix`, sorted."""
    return sorted(f"{folder}/{path.name}" for path in (CONFIGS / folder).glob(f"*{suffix}"))
