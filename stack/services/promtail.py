"""Promtail: reads every container's log through the engine and pushes it to Loki."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any

from stack.configs import dump_yaml, load_yaml, read_text
from stack.service import (
    ENGINES_CONTAINERS,
    PROXY_FOLDER,
    Backup,
    Bind,
    Entry,
    File,
    Health,
    Hold,
    Service,
    go_memory_limit,
)
from stack.settings.model import Settings

PORT = 9080
_CONFIG = "/etc/promtail/promtail.yml"
_ENDED = "/etc/promtail/ended.yml"
_START = "/etc/promtail/start.sh"
_WATCH = "/etc/promtail/watch.pl"
_VOLUME = "/var/lib/promtail"
_SOCKET = "/var/run/docker.sock"
_REDACTED = "[redacted]"
# What the built-in stages of configs/promtail/promtail.yml work on.
_SUSPECT = "suspect"
Stage = dict[str, dict[str, Any]]
# The image has bash, but neither curl nor wget.
_READY = (
    f"exec 3<>/dev/tcp/localhost/{PORT}"
    r" && printf 'GET /ready HTTP/1.0\r\n\r\n' >&3 && grep -q '200 OK' <&3"
)


def describe(settings: Settings) -> Service:
    """Describe Promtail.

    It runs as root because the engine's socket belongs to root and a group whose number differs
    between hosts, and its log files, in which it counts the lines, to root alone. Where the proxy
    is on, that has the socket.
    """
    own = settings.promtail
    proxied = _is_proxied(settings)
    content = configuration(settings)
    return Service(
        name="promtail",
        image=own.image,
        user="0:0",
        entrypoint=("/bin/bash", _START),
        command=(str(own.buffer.mebibytes * 1024), ENGINES_CONTAINERS, f"-config.file={_CONFIG}"),
        # Ordered by content, as the provider gives them back: else one change would show in all.
        files=(
            File(_START, read_text("promtail/start.sh")),
            File(_WATCH, read_text("promtail/watch.pl")),
            File(_CONFIG, dump_yaml(content)),
            File(_ENDED, dump_yaml(of_ended(content, settings))),
        ),
        volume=_VOLUME,
        health=Health(("bash", "-c", _READY)),
        memory=own.memory,
        stop_seconds=30,
        binds=(
            *(() if proxied else (Bind(settings.docker_socket, _SOCKET),)),
            Bind(f"{settings.docker_root}/containers", ENGINES_CONTAINERS),
        ),
        shared={"socketproxy": PROXY_FOLDER} if proxied else {},
        environment=go_memory_limit(own.memory),
        # Stopped before Loki, so that it can hand over what it has read.
        after=("loki", "socketproxy") if proxied else ("loki",),
        # A line that is read too late may have been rotated away.
        gives_way=False,
    )


def configuration(settings: Settings) -> dict[str, Any]:
    """Return Promtail's configuration for these settings."""
    content: dict[str, Any] = load_yaml("promtail/promtail.yml")
    [client] = content["clients"]
    if settings.labels:
        client["external_labels"] = dict(settings.labels)
    scrape = content["scrape_configs"][0]
    [discovery] = scrape["docker_sd_configs"]
    if _is_proxied(settings):
        discovery["host"] = f"unix://{PROXY_FOLDER}/docker.sock"
    discovery["refresh_interval"] = str(settings.promtail.refresh_interval)
    scrape["docker_sd_configs"] = [discovery | chosen for chosen in _selections(settings)]
    scrape["pipeline_stages"] = _exclusions(settings) + _with_redaction(
        scrape["pipeline_stages"],
        built_in=settings.logs.redact,
        patterns=settings.logs.redact_patterns,
    )
    return content


def _is_proxied(settings: Settings) -> bool:
    return "socketproxy" in settings.services


def of_ended(running: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Return the configuration that reads the containers that have ended, once.

    Loki would refuse what is older than its retention.
    """
    content = copy.deepcopy(running)
    content["server"] |= {"http_listen_port": PORT + 1, "grpc_listen_port": PORT + 2}
    content["positions"]["filename"] = f"{_VOLUME}/ended.part"
    # Nothing is rotated any more: a reader may wait.
    del content["wal"]
    scrape = content["scrape_configs"][0]
    content["scrape_configs"] = [scrape]
    for discovery in scrape["docker_sd_configs"]:
        status = {"name": "status", "values": ["exited", "dead"]}
        discovery["filters"] = [*discovery.get("filters", []), status]
        # Found a second time, each would be read again.
        discovery["refresh_interval"] = "87600h"
    oldest = f"{settings.loki.retention.seconds:.0f}s"
    scrape["pipeline_stages"].insert(0, {"drop": {"older_than": oldest}})
    return content


def _selections(settings: Settings) -> Iterator[dict[str, Any]]:
    """Let the engine select: a container is read that all filters of one selection let through."""
    logs = settings.logs
    if not logs.projects:
        chosen = _filters(logs.include_names, logs.include_labels)
        yield from (chosen, _filters(settings.measured, ())) if chosen else (chosen,)
        return
    for project in logs.projects:
        label = f"com.docker.compose.project={project}"
        yield _filters(logs.include_names, (*logs.include_labels, label))
    yield _filters((f"{settings.prefix}-[a-z]+",), ())


def _filters(names: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """Write filters. The engine's one for names finds parts of names, so each is anchored."""
    whole = [f"^({name})$" for name in names]
    filters = [
        {"name": kind, "values": values}
        for kind, values in (("name", whole), ("label", list(labels)))
        if values
    ]
    return {"filters": filters} if filters else {}


def _exclusions(settings: Settings) -> list[Stage]:
    """Drop the lines of the containers that are left out, before any other stage sees them.

    Relabelling cannot: of a Docker target its `drop` takes the labels only, and Loki accepts the
    lines under whichever labels are added later.
    """
    measured = "|".join(settings.measured)
    return [
        {
            "match": {
                "selector": f'{{container=~"{name}", container!~"{measured}"}}',
                "action": "drop",
                "drop_counter_reason": "excluded",
            }
        }
        for name in settings.logs.exclude_names
    ]


def _with_redaction(
    stages: Sequence[Stage], *, built_in: bool, patterns: Sequence[str]
) -> list[Stage]:
    """Return the pipeline's stages with or without the built-in redaction, and with own patterns.

    Own patterns come after the built-in ones and before anything is read from the line. Each looks
    at every line; its groups are replaced, or all that it matches where it has none.
    """
    end = max(index for index, stage in enumerate(stages) if _redacts(stage)) + 1
    before = [stage for stage in stages[:end] if built_in or not _redacts(stage)]
    return [*before, *(_replacing(pattern) for pattern in patterns), *stages[end:]]


def _redacts(stage: Stage) -> bool:
    options = stage.get("regex") or stage.get("replace") or stage.get("output") or {}
    sets = f"(?P<{_SUSPECT}>" in options.get("expression", "")
    return sets or options.get("source") == _SUSPECT


def _replacing(pattern: str) -> Stage:
    # Promtail replaces groups only.
    expression = pattern if re.compile(pattern).groups else f"({pattern})"
    return {"replace": {"expression": expression, "replace": _REDACTED}}


ENTRY = Entry(
    "promtail",
    describe,
    # 8 s when it was measured.
    absence="about 10 s without new log lines; it goes on where it stopped, and none is lost",
    data="how far Promtail has read each log",
    # All that start.sh goes by is replaced as a whole. The positions are ahead of what Loki has.
    backup=Backup(Hold.NOTHING, ("promtail", "-version"), left_out="wal|positions.yml|*.part"),
)
