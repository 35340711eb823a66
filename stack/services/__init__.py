"""The services of the stack: the one list, from which everything that concerns all of them derives.

Each entry is its module's; the order is the one in which reviewers read them.
"""

from __future__ import annotations

from stack.service import Service
from stack.services import (
    blackbox,
    canary,
    curator,
    grafana,
    loki,
    prometheus,
    promtail,
    socketproxy,
)
from stack.settings.model import Settings

SERVICES = (
    prometheus.ENTRY,
    loki.ENTRY,
    curator.ENTRY,
    socketproxy.ENTRY,
    promtail.ENTRY,
    grafana.ENTRY,
    blackbox.ENTRY,
    canary.ENTRY,
)


def describe(settings: Settings) -> tuple[Service, ...]:
    """Describe the services that are on, each after those that it names in `after`."""
    on = settings.services
    return tuple(entry.describe(settings) for entry in SERVICES if entry.name in on)
