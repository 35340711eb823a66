"""Loki: stores the logs. It has no log-in, and is reached in the stack's internal network only."""

from __future__ import annotations

from typing import Any

from stack.configs import dump_yaml, load_yaml
from stack.service import Backup, Entry, File, Health, Hold, Service, go_memory_limit
from stack.settings.model import Settings

PORT = 3100
CONFIG = "/etc/loki/loki.yml"
_FOLDER = "/loki"
_LIMITS = f"{_FOLDER}/limits.yml"


def describe(settings: Settings) -> Service:
    """Describe Loki. The user is the image's own; the image has no shell."""
    files = [File(CONFIG, dump_yaml(configuration(settings)))]
    if settings.curator.enabled:
        # In the volume, where the curator replaces it: without the file Loki does not start.
        files.append(File(_LIMITS, dump_yaml(load_yaml("loki/limits.yml"))))
    return Service(
        name="loki",
        image=settings.loki.image,
        user="10001:10001",
        command=(f"-config.file={CONFIG}",),
        files=tuple(files),
        volume=_FOLDER,
        health=Health(("/usr/bin/loki", "-health")),
        memory=settings.loki.memory,
        # On stopping it flushes what it holds in memory, for up to 30 s by its own default.
        stop_seconds=60,
        environment=go_memory_limit(settings.loki.memory),
    )


def configuration(settings: Settings) -> dict[str, Any]:
    """Return loki.yml for these settings.

    Lines older than the retention are refused: they would be deleted at once. What the write-ahead
    log may hold in memory while it is read back after a crash is half of the limit.
    With a limit by size the curator writes limits, and what is too old is deleted sooner.
    """
    own = settings.loki
    content: dict[str, Any] = load_yaml("loki/loki.yml")
    content["limits_config"]["retention_period"] = str(own.retention)
    content["limits_config"]["reject_old_samples_max_age"] = str(own.retention)
    content["ingester"]["wal"]["replay_memory_ceiling"] = f"{own.memory.mebibytes // 2}MB"
    if settings.curator.enabled:
        content["runtime_config"] = {"file": _LIMITS}
        # A query's index, which must not name what is gone, is five minutes old at most.
        content["compactor"].setdefault("retention_delete_delay", "15m")
    return content


ENTRY = Entry(
    "loki",
    describe,
    # 13 s when it was measured.
    absence="about 15 s without a search in the logs; Promtail waits for it, and no line is lost",
    data="all stored log lines",
    backup=Backup(Hold.PAUSE, ("loki", "-version"), "chunks", "tsdb-shipper-cache"),
)
