"""Loki's canary: prints a line each second, and looks for it in Loki until it is there."""

from __future__ import annotations

from stack.service import Entry, Health, Service, go_memory_limit
from stack.settings.model import Settings

PORT = 3500


def describe(settings: Settings) -> Service:
    """Describe the canary. The user is the image's `nobody`; it reads no file.

    A line that is lost counts as missing after at most 3:45 minutes, so that its alert fires within
    five. One that was only late by then counts as well: Loki may be away for 3 minutes.
    """
    own = settings.canary
    return Service(
        name="canary",
        image=own.image,
        user="65534:65534",
        command=(
            f"-port={PORT}",
            "-addr=loki:3100",
            "-labelname=container",
            f"-labelvalue={settings.prefix}-canary",
            "-streamname=stream",
            "-streamvalue=stdout",
            "-wait=30s",
            "-pruneinterval=15s",
            "-max-wait=3m30s",
            # It logs each of these queries, by default 16 in a minute.
            "-spot-check-query-rate=5m",
        ),
        files=(),
        health=Health(("wget", "-q", "--spider", f"http://localhost:{PORT}/metrics")),
        memory=own.memory,
        stop_seconds=30,
        environment=go_memory_limit(own.memory),
    )


ENTRY = Entry(
    "canary",
    describe,
    absence="about 5 s without lines that are printed and looked for",
)
