"""Promtail: reads every container's log through the engine and pushes it to Loki."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stack import formats
from stack.files import dump_yaml, load_yaml, read_text
from stack.reading import setting
from stack.redaction import PATTERN, Stage, with_redaction
from stack.service import ENGINES_CONTAINERS, Bind, File, Health, Service, go_memory_limit
from stack.values import Duration, Size

if TYPE_CHECKING:
    from stack.settings import Settings

PORT = 9080
_CONFIG = "/etc/promtail/promtail.yml"
_ENDED = "/etc/promtail/ended.yml"
_START = "/etc/promtail/start.sh"
_WATCH = "/etc/promtail/watch.pl"
_VOLUME = "/var/lib/promtail"
_SOCKET = "/var/run/docker.sock"
# The image has bash, but neither curl nor wget.
_READY = (
    f"exec 3<>/dev/tcp/localhost/{PORT}"
    r" && printf 'GET /ready HTTP/1.0\r\n\r\n' >&3 && grep -q '200 OK' <&3"
)


@dataclass(frozen=True)
class Logs:
    """Which containers' logs are collected (by default all), and what is kept out of them."""

    projects: tuple[str, ...] = setting(
        formats.PROJECT,
        "Only containers of these Compose projects, and the stack's own four: environments on one"
        " engine then do not store each other's lines. The engine selects.",
        (),
    )
    include_names: tuple[str, ...] = setting(
        formats.EXPRESSION, "Only containers with one of these names; the engine selects.", ()
    )
    include_labels: tuple[str, ...] = setting(
        formats.LABEL_FILTER, "Only containers with all of these labels; the engine selects.", ()
    )
    exclude_names: tuple[str, ...] = setting(
        formats.EXPRESSION,
        "Never containers with one of these names. Promtail still reads their lines from the"
        " engine before it drops them, so prefer `include…` for a very noisy container.",
        (),
    )
    redact: bool = setting(
        formats.BOOLEAN,
        "Whether passwords, tokens, `Authorization` and cookies are replaced by `[redacted]` before"
        " a line leaves the host.",
        default=True,
    )
    redact_patterns: tuple[str, ...] = setting(
        PATTERN,
        "Regular expressions (RE2) of more that is replaced, in every line: their groups, or all"
        " that they match.",
        (),
    )


@dataclass(frozen=True)
class Promtail:
    """Promtail: reads the containers' logs. Its last release is 3.6: end of life upstream."""

    image: str = setting(formats.IMAGE, "Its image.", "grafana/promtail:3.6.11")
    memory: Size = setting(formats.memory("32MB"), "Its memory limit, at least 32MB.", "256MB")
    refresh_interval: Duration = setting(
        formats.at_least(formats.DURATION, "1s"),
        "How often it looks for new containers. It takes up to 5s more to begin to read one; one"
        " that is gone by then is missed.",
        "2s",
    )
    buffer: Size = setting(
        formats.SIZE,
        "How much may wait in its volume for Loki, which takes up to 256MB more. When it is more,"
        " Promtail stops reading until Loki is back; lines then wait in the engine's files.",
        "1GB",
    )


def describe(settings: Settings) -> Service:
    """Describe Promtail.

    It runs as root because the engine's socket belongs to root and a group whose number differs
    between hosts. Whoever holds the socket can do all that root can do, so the engine's log files,
    in which it counts the lines, give it nothing more.
    """
    own = settings.promtail
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
            Bind(settings.docker_socket, _SOCKET),
            Bind(f"{settings.docker_root}/containers", ENGINES_CONTAINERS),
        ),
        environment=go_memory_limit(own.memory),
        # Stopped before Loki, so that it can hand over what it has read.
        after=("loki",),
    )


def configuration(settings: Settings) -> dict[str, Any]:
    """Give Promtail's configuration for these settings."""
    content: dict[str, Any] = load_yaml("promtail/promtail.yml")
    [client] = content["clients"]
    if settings.labels:
        client["external_labels"] = dict(settings.labels)
    scrape = content["scrape_configs"][0]
    [discovery] = scrape["docker_sd_configs"]
    discovery["refresh_interval"] = str(settings.promtail.refresh_interval)
    scrape["docker_sd_configs"] = [discovery | chosen for chosen in _selections(settings)]
    scrape["pipeline_stages"] = _exclusions(settings.logs) + with_redaction(
        scrape["pipeline_stages"],
        built_in=settings.logs.redact,
        patterns=settings.logs.redact_patterns,
    )
    return content


def of_ended(running: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Give the configuration that reads the containers that have ended, once.

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
        yield _filters(logs.include_names, logs.include_labels)
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


def _exclusions(logs: Logs) -> list[Stage]:
    """Drop the lines of the containers that are left out, before any other stage sees them.

    Relabelling cannot: of a Docker target its `drop` takes the labels only, and Loki accepts the
    lines under whichever labels are added later.
    """
    return [
        {
            "drop": {
                "source": "container",
                "expression": f"^(?:{name})$",
                "drop_counter_reason": "excluded",
            }
        }
        for name in logs.exclude_names
    ]
