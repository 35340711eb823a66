"""The rendered configuration files that change, as unified diffs; the dashboards' by panel."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from review import dashboards
from review.markdown import block, code, folded
from review.preview import Step

_DASHBOARDS = "/etc/grafana/dashboards/"
_OPEN_LINES = 40  # a longer diff is folded


@dataclass(frozen=True)
class FileChange:
    """A file that changes: its text in the comment, and what is left where there is no room."""

    path: str
    text: str
    short: str

    @property
    def is_dashboard(self) -> bool:
        """Whether it is described panel by panel."""
        return self.path.startswith(_DASHBOARDS)


def changes(step: Step) -> Iterator[FileChange]:
    """Return the files that change of a container that stays or comes."""
    before, after = step.input("uploads")
    if before == after:
        return
    if isinstance(before, str) or isinstance(after, str):
        hidden = "They hold a secret, and are hidden with it; a secret belongs into no file."
        yield FileChange("", hidden, hidden)
        return
    old, new = _contents(before), _contents(after)
    for path in [*new, *(path for path in old if path not in new)]:
        if old.get(path) != new.get(path):
            yield _change(path, old.get(path), new.get(path))


def _contents(uploads: Any) -> dict[str, str]:
    return {each["file"]: each.get("content", "") for each in uploads or []}


def _change(path: str, old: str | None, new: str | None) -> FileChange:
    if path.startswith(_DASHBOARDS):
        try:
            before, after = (json.loads(text) if text else None for text in (old, new))
        except ValueError:
            pass
        else:
            return FileChange(path, *dashboards.difference(before, after))
    lines = list(
        difflib.unified_diff((old or "").splitlines(), (new or "").splitlines(), lineterm="")
    )[2:]
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    state = " is new" if old is None else " is removed" if new is None else ""
    size = f"+{added} -{removed} lines"
    title = f"{code(path)}{state}"
    diff = block("\n".join(lines), "diff")
    if len(lines) > _OPEN_LINES:
        return FileChange(path, f"{title}\n\n{folded(size, diff)}", f"{title}: {size}")
    return FileChange(path, f"{title}\n\n{diff}", f"{title}: {size}")
