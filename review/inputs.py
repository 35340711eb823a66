"""What changes of a container besides its files: memory, ports, command and so on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from review.markdown import code
from review.preview import SECRET, Preview, Step

# Words for what reviewers know by another name.
_WORDS = {
    "memory": "memory limit",
    "cpuShares": "CPU share",
    "envs": "environment",
    "entrypoints": "entry point",
    "healthcheck": "health check",
    "networksAdvanced": "networks",
    "securityOpts": "security options",
    "logOpts": "log rotation",
    "stopTimeout": "stop grace",
    "hosts": "host names",
}
_FORMS = {
    "ports": "{ip}:{external}:{internal}",
    "networksAdvanced": "{name}",
    "mounts": "{source} at {target}",
}
# Told elsewhere.
_LEFT_OUT = ("uploads", "image")
_SHOWN_OF_NEW_ONES = ("memory", "ports")
# What always goes with another.
_COMPANIONS = {"memorySwap": "memory", "destroyGraceSeconds": "stopTimeout"}


@dataclass(frozen=True)
class Change:
    """An input of a container that changes; values as a person reads them, empty for none."""

    key: str
    old: str
    new: str
    is_hidden: bool = False

    def __str__(self) -> str:
        if self.is_hidden:
            return f"{word(self.key)}: it changes, and is hidden since it holds a secret"
        return f"{word(self.key)}: {shown(self.old)} → {shown(self.new)}"


def changes(preview: Preview, step: Step) -> Iterator[Change]:
    """Return the inputs of a container that change, the image by its name first."""
    image = next((s for s in preview.of("image") if s.service == step.service), None)
    old, new = image.input("name") if image else (None, None)
    if old != new:
        yield Change("image", old or "", new or "")
    elif step.old and len({*step.input("image")}) > 1:
        yield Change("image", "another content", "of the same name")
    if step.old and step.new:
        yield from differing(step.old.inputs, step.new.inputs, step.roots)
    elif step.new:
        has = step.new.inputs
        yield from differing({}, {key: has[key] for key in _SHOWN_OF_NEW_ONES if key in has})


def differing(
    old: Mapping[str, Any], new: Mapping[str, Any], reasons: Set[str] = frozenset()
) -> Iterator[Change]:
    """Return the inputs that differ; of the hidden ones those that `reasons` names."""
    for key in sorted({*old, *new}.difference(_LEFT_OUT)):
        before, after = old.get(key), new.get(key)
        companion = _COMPANIONS.get(key)
        if companion and old.get(companion) != new.get(companion):
            continue
        hidden = key in reasons and SECRET in (before, after)
        if before != after or hidden:
            before, after = _apart(before, after)
            yield Change(key, _text(key, before), _text(key, after), is_hidden=hidden)


def word(key: str) -> str:
    """Return what a reviewer calls an input."""
    return _WORDS.get(key, key)


def shown(value: str) -> str:
    """Return a value of a change as Markdown, `none` where there is no value."""
    return code(value) if value else "none"


def _apart(old: Any, new: Any) -> tuple[Any, Any]:
    """Leave out of two lists what both have, unless only the order differs."""
    if not isinstance(old, list) or not isinstance(new, list):
        return old, new
    before, after = ([i for i in a if i not in b] for a, b in ((old, new), (new, old)))
    return (before, after) if before or after else (old, new)


def _text(key: str, value: Any) -> str:
    """Return an input's value as a person reads it; empty where there is none."""
    if isinstance(value, list):
        return ", ".join(_item(key, item) for item in value)
    return _item(key, value)


def _item(key: str, value: Any) -> str:
    if key in _FORMS and isinstance(value, Mapping):
        return _FORMS[key].format_map(defaultdict(str, value))
    if key in ("memory", "memoryReservation") and value:
        return f"{value} MiB"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_plain(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ",".join(_plain(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
