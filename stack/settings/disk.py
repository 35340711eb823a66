"""One disk budget: what `disk` gives to each program, where that is not set explicitly."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from stack.settings.model import Settings
from stack.settings.problems import Path, Problem
from stack.settings.values import Size

_MB, _GB = 2**20, 2**30
_FREE = 0.1
"""What no program gets: it is for Grafana's database, and for files while they are rewritten."""
BEYOND_BUFFER = 256 * _MB
"""What Promtail's write-ahead log may take beyond `promtail.buffer`."""
_CONTAINERS = 10
"""Among so many the part of the containers' own logs is divided, however many there are."""
_LARGEST_LOG = 10  # megabytes, as by default: more tells nothing of the stack itself
_MOST = 10**9  # gigabytes, of which a setting can have no more
_UNITS = {"k": 10**3, "m": 10**6, "g": 10**9}


@dataclass(frozen=True)
class _Part:
    """What a program may take.

    Attributes:
        path: of the setting that limits it.
        field: which that is of the settings' class.
        share: of the whole, where nothing is set explicitly.
        least: what it cannot do without, in MB.
    """

    path: Path
    field: str
    share: float
    least: int


_PARTS = {
    "loki": _Part(("loki", "retentionSize"), "retention_size", 0.5, 256),
    "prometheus": _Part(("prometheus", "retentionSize"), "retention_size", 0.28, 256),
    "promtail": _Part(("promtail", "buffer"), "buffer", 0.1, 384),
    "container_logs": _Part(("containerLogs",), "max_size", 0.02, 30),
}
"""By the name of the settings' field that holds it."""


def sizes(settings: Settings) -> dict[str, int]:
    """Return how many bytes each program may take, and the containers' own logs together.

    Loki is among them only where it has a limit.
    """
    logs = settings.container_logs
    count, unit = re.fullmatch(r"(\d+)(\w)", logs.max_size).groups()  # type: ignore[union-attr] # the setting's format
    found = {
        "prometheus": settings.prometheus.retention_size.bytes,
        "promtail": settings.promtail.buffer.bytes + BEYOND_BUFFER,
        "container_logs": len(settings.services) * logs.max_files * int(count) * _UNITS[unit],
    }
    if settings.loki.retention_size:
        found["loki"] = settings.loki.retention_size.bytes
    return found


def shown(settings: Settings) -> dict[str, str]:
    """Return the parts of the budget as a reviewer reads them; nothing without one."""
    if not settings.disk:
        return {}
    found = sizes(settings)
    free = settings.disk.bytes - sum(found.values())
    return {name: f"{size / _GB:.1f} GB" for name, size in {**found, "free": free}.items()}


def divide(settings: Settings, written: Mapping[str, Any]) -> Settings:
    """Return the settings with the parts of `disk`; `written` is what the configuration says."""
    enabled = bool(settings.disk or settings.loki.retention_size)
    settings = replace(settings, curator=replace(settings.curator, enabled=enabled))
    if not settings.disk:
        return settings
    derived = _derived(written)
    rest = settings.disk.bytes * (1 - _FREE) - _explicit(settings, derived)
    for name, share in derived.items():
        part = _PARTS[name]
        value = _value(settings, name, max(rest * share, part.least * _MB))
        own = replace(getattr(settings, name), **{part.field: value})
        settings = replace(settings, **{name: own})
    return settings


def problems(settings: Settings, written: Mapping[str, Any]) -> Iterator[Problem]:
    """Find where what is set explicitly leaves too little of `disk` for the others."""
    if not settings.disk:
        return
    derived = _derived(written)
    explicit = _explicit(settings, derived)
    rest = max((_PARTS[name].least * _MB / share for name, share in derived.items()), default=0)
    needed = math.ceil((explicit + rest) / (1 - _FREE) / _GB)
    if settings.disk.bytes >= needed * _GB:
        return
    taken = [
        f"monitoring:{'.'.join(map(str, part.path))} takes {_gigabytes(sizes(settings)[name])}"
        for name, part in _PARTS.items()
        if name not in derived
    ]
    others = [f"the others need {_gigabytes(rest)}"] if derived else []
    yield Problem(
        ("disk",),
        f"is '{settings.disk}', but must be at least {needed}GB:"
        f" {', '.join([*taken, *others])}, and a tenth stays free",
        f"{needed}GB" if needed < _MOST else None,
    )


def _derived(written: Mapping[str, Any]) -> dict[str, float]:
    """Return the parts that are not set explicitly, with their shares of what is left for them."""
    open_ = {name: part for name, part in _PARTS.items() if not _is_set(written, part.path)}
    total = sum(part.share for part in open_.values())
    return {name: part.share / total for name, part in open_.items()}


def _is_set(written: Any, path: Path) -> bool:
    for key in path:
        if not isinstance(written, Mapping) or key not in written:
            return False
        written = written[key]
    return True


def _explicit(settings: Settings, derived: Mapping[str, float]) -> int:
    return sum(size for name, size in sizes(settings).items() if name not in derived)


def _value(settings: Settings, name: str, part: float) -> Size | str:
    """Return what the setting of a part is to be, so that all takes no more than `part` bytes."""
    if name == "container_logs":
        megabytes = int(part / _CONTAINERS / settings.container_logs.max_files / 10**6)
        return f"{min(_LARGEST_LOG, megabytes)}m"
    beyond = BEYOND_BUFFER if name == "promtail" else 0
    return Size.parse(f"{int((part - beyond) / _MB)}MB")


def _gigabytes(size: float) -> str:
    return f"{size / _GB:.1f} GB"
