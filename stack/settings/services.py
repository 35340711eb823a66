"""The settings of each of the stack's own services.

The image and the memory limit are declared by each: their defaults are its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stack.settings import formats
from stack.settings.declaration import setting
from stack.settings.format import at_least
from stack.settings.values import Duration, Size


class ServiceSettings:
    """What the settings of every service have; one that need not be there can be `enabled`."""

    image: str | None
    memory: Size
    enabled: bool = True

    @property
    def targets(self) -> Mapping[str, tuple[str, ...]]:
        """What is scraped through it: the targets of further jobs of its `scrape.yml`, by name."""
        return {}


@dataclass(frozen=True)
class Prometheus(ServiceSettings):
    """Prometheus: stores the metrics."""

    image: str = setting(formats.IMAGE, "Its image.", "prom/prometheus:v3.15.0")
    port: int = setting(formats.PORT, "Its port on the host.", 9090)
    memory: Size = setting(formats.memory("64MB"), "Its memory limit, at least 64MB.", "512MB")
    scrape_interval: Duration = setting(
        formats.INTERVAL,
        "Time between two scrapes, from 1s to 2m (above that a warning says why).",
        "15s",
    )
    retention_time: Duration = setting(formats.DURATION, "How long samples are kept.", "15d")
    retention_size: Size = setting(
        formats.SIZE, "How much disk samples may take; the oldest go first.", "4GB"
    )


@dataclass(frozen=True)
class Loki(ServiceSettings):
    """Loki: stores the logs. It has no port on the host."""

    image: str = setting(formats.IMAGE, "Its image.", "grafana/loki:3.7.8")
    memory: Size = setting(formats.memory("64MB"), "Its memory limit, at least 64MB.", "512MB")
    retention: Duration = setting(
        at_least(formats.DURATION, "24h", "Loki's own minimum"),
        "How long lines are kept, at least 24h (Loki's own minimum). Files are deleted about two"
        " hours after that.",
        "14d",
    )
    retention_size: Size | None = setting(
        at_least(formats.SIZE, "256MB", "what waits to be stored takes as much"),
        "How much disk lines may take, at least 256MB; the oldest go first, also before the end of"
        " `retention`. `disk` sets it; without either, lines have no limit by size.",
        None,
    )


@dataclass(frozen=True)
class Curator(ServiceSettings):
    """The curator: keeps Loki within `loki.retentionSize`, and is there where that is set."""

    image: str | None = setting(
        formats.IMAGE, "Its image, which must have Perl; by default Promtail's.", None
    )
    memory: Size = setting(formats.memory("16MB"), "Its memory limit, at least 16MB.", "32MB")
    enabled: bool = False


@dataclass(frozen=True)
class SocketProxy(ServiceSettings):
    """HAProxy: lets Promtail ask the engine for logs, and for nothing else."""

    enabled: bool = setting(
        formats.BOOLEAN,
        "Whether it is there, and has the engine's socket in Promtail's place.",
        default=False,
    )
    image: str = setting(formats.IMAGE, "Its image.", "haproxy:3.4.6-alpine")
    memory: Size = setting(formats.memory("32MB"), "Its memory limit, at least 32MB.", "64MB")


@dataclass(frozen=True)
class Promtail(ServiceSettings):
    """Promtail: reads the containers' logs. Its last release is 3.6: end of life upstream."""

    image: str = setting(formats.IMAGE, "Its image.", "grafana/promtail:3.6.11")
    memory: Size = setting(formats.memory("32MB"), "Its memory limit, at least 32MB.", "256MB")
    refresh_interval: Duration = setting(
        formats.INTERVAL,
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


@dataclass(frozen=True)
class Grafana(ServiceSettings):
    """Grafana: shows metrics and logs."""

    image: str = setting(formats.IMAGE, "Its image.", "grafana/grafana:13.2.3")
    port: int = setting(formats.PORT, "Its port on the host.", 3000)
    memory: Size = setting(formats.memory("128MB"), "Its memory limit, at least 128MB.", "512MB")


@dataclass(frozen=True)
class Blackbox(ServiceSettings):
    """Prometheus' blackbox exporter: asks for pages as a browser would."""

    enabled: bool = setting(formats.BOOLEAN, "Whether it is there.", default=False)
    image: str = setting(formats.IMAGE, "Its image.", "prom/blackbox-exporter:v0.29.0")
    memory: Size = setting(formats.memory("32MB"), "Its memory limit, at least 32MB.", "64MB")
    probes: tuple[str, ...] = setting(
        formats.PAGE,
        "Addresses that must answer with a 2xx status, by names in the application's networks:"
        " `http://proxy:8080/`.",
        (),
    )

    @property
    def targets(self) -> Mapping[str, tuple[str, ...]]:
        """Its probes."""
        return {"probes": self.probes}


@dataclass(frozen=True)
class Canary(ServiceSettings):
    """Loki's canary: prints lines and looks for each of them in Loki. Its releases are Loki's."""

    enabled: bool = setting(formats.BOOLEAN, "Whether it is there.", default=False)
    image: str = setting(formats.IMAGE, "Its image.", "grafana/loki-canary:3.7.8")
    memory: Size = setting(formats.memory("32MB"), "Its memory limit, at least 32MB.", "64MB")
