"""What is said of settings that are refused, word by word, as it is in `refusals.md`.

`GOLDEN=write pytest tests/unit/stack` writes that file again; read it before you commit.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_suffix(".md")
_HEADING = "\n## "
_FENCE = "\n```\n"


def check(values: Mapping[str, Any], said: str) -> None:
    """Assert that exactly this is said of these settings, below the line that all have."""
    name, said, known = json.dumps(values), said.partition("\n\n")[2], _read()
    if os.environ.get("GOLDEN") == "write":
        known[name] = said
        title = "# What is said of settings that are refused\n"
        cases = [f"{_HEADING}{each}\n{_FENCE}{known[each]}{_FENCE}" for each in sorted(known)]
        _FILE.write_text(title + "".join(cases), encoding="utf-8")
    assert said == known.get(name), f"see {_FILE.name}: GOLDEN=write writes it again"


def _read() -> dict[str, str]:
    text = _FILE.read_text(encoding="utf-8") if _FILE.exists() else ""
    sections = [each.split("\n" + _FENCE, 1) for each in text.split(_HEADING)[1:]]
    return {name: said.removesuffix(_FENCE) for name, said in sections}
