"""Previews recorded from the real CLI, trimmed to what is read, and small changes of them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from review import preview as previews
from review.preview import Preview

FOLDER = Path(__file__).parent / "recorded"


def load(name: str) -> Any:
    """Return a recording's content."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def preview(name: str, code: int = 0) -> Preview:
    """Return a recording as it is read."""
    return read(load(name), code)


def read(content: Any, code: int = 0) -> Preview:
    """Read a content as if the CLI had printed it."""
    return previews.read(json.dumps(content), "", code)


def changed(name: str, operation: str = "replace", /, **inputs: Any) -> Preview:
    """Let one resource of the recording in which nothing changes have other inputs."""
    return with_states(name, operation, {}, {"inputs": inputs})


def with_states(name: str, operation: str, old: Any, new: Any) -> Preview:
    """Change a resource's old and new state; `new` is None where it goes."""
    content = copy.deepcopy(load("same"))
    [step] = [step for step in content["steps"] if step["urn"].endswith(f"::{name}")]
    step["op"] = operation
    _change(step["oldState"], old)
    if new is None:
        del step["newState"]
    else:
        _change(step["newState"], new)
    return read(content)


def _change(state: Any, by: Any) -> None:
    for key, value in by.items():
        state[key] = {**state[key], **value} if key == "inputs" else value


def uploads(**contents: str) -> list[dict[str, str]]:
    """Return files of Loki by their names without an ending."""
    return [{"file": f"/etc/loki/{name}.yml", "content": text} for name, text in contents.items()]


def dashboard(**contents: Any) -> list[dict[str, str]]:
    """Return one dashboard of Grafana."""
    whole = {"uid": "one", "title": "One", "panels": [], **contents}
    return [{"file": "/etc/grafana/dashboards/one.json", "content": json.dumps(whole)}]
