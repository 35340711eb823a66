"""Every setting of an environment: its name, type, default and meaning.

A field's name in camelCase is its key below `monitoring:` in `Pulumi.<stack>.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from stack import formats
from stack.formats import Duration, Secret, Size
from stack.reading import setting


@dataclass(frozen=True)
class Job:
    """Something that Prometheus scrapes: the application's backend, or any other exporter."""

    name: str = setting(formats.NAME, "Value of the label `job`; unique.")
    targets: tuple[str, ...] = setting(
        formats.TARGET, "Where to scrape, as `host:port`. Prometheus must reach the host's name."
    )
    path: str = setting(formats.HTTP_PATH, "The path of the metrics.", "/metrics")
    scheme: str = setting(formats.SCHEME, "`http` or `https`.", "http")
    interval: Duration | None = setting(
        formats.DURATION, "Time between two scrapes, instead of `prometheus.scrapeInterval`.", None
    )
    auth: str = setting(
        formats.AUTH,
        "`basic` (with `username`) or `bearer`: the password or token is the secret"
        " `monitoring:scrapeSecrets.<name>`.",
        "none",
    )
    username: str | None = setting(formats.TEXT, "The user's name where `auth` is `basic`.", None)
    labels: Mapping[str, str] = setting(
        formats.TEXT, "Labels added to the job's series.", dict, keys=formats.LABEL_NAME
    )


@dataclass(frozen=True)
class Logs:
    """Which containers' logs are collected: without any of these, all of them."""

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


@dataclass(frozen=True)
class ContainerLogs:
    """How the engine rotates the four containers' own logs (json-file driver)."""

    max_size: str = setting(formats.LOG_SIZE, "A log file's largest size.", "10m")
    max_files: int = setting(formats.COUNT, "How many files are kept.", 3)


@dataclass(frozen=True)
class Prometheus:
    """Prometheus: stores the metrics."""

    image: str = setting(formats.IMAGE, "Its image.", "prom/prometheus:v3.14.0")
    port: int = setting(formats.PORT, "Its port on the host.", 9090)
    memory: Size = setting(formats.SIZE, "Its memory limit.", "512MB")
    scrape_interval: Duration = setting(formats.DURATION, "Time between two scrapes.", "15s")
    retention_time: Duration = setting(formats.DURATION, "How long samples are kept.", "15d")
    retention_size: Size = setting(
        formats.SIZE, "How much disk samples may take; the oldest go first.", "4GB"
    )


@dataclass(frozen=True)
class Loki:
    """Loki: stores the logs. It has no port on the host."""

    image: str = setting(formats.IMAGE, "Its image.", "grafana/loki:3.7.7")
    memory: Size = setting(formats.SIZE, "Its memory limit.", "512MB")
    retention: Duration = setting(
        formats.DURATION,
        "How long lines are kept, at least 24h (Loki's own minimum). Files are deleted about two"
        " hours after that.",
        "14d",
    )


@dataclass(frozen=True)
class Promtail:
    """Promtail: reads the containers' logs. Its last release is 3.6: end of life upstream."""

    image: str = setting(formats.IMAGE, "Its image.", "grafana/promtail:3.6.11")
    memory: Size = setting(formats.SIZE, "Its memory limit.", "256MB")
    refresh_interval: Duration = setting(
        formats.DURATION,
        "How often it looks for new containers; one that lives shorter can be missed.",
        "2s",
    )


@dataclass(frozen=True)
class Grafana:
    """Grafana: shows metrics and logs."""

    image: str = setting(formats.IMAGE, "Its image.", "grafana/grafana:13.2.1")
    port: int = setting(formats.PORT, "Its port on the host.", 3000)
    memory: Size = setting(formats.SIZE, "Its memory limit.", "512MB")


@dataclass(frozen=True)
class Settings:
    """All settings of one environment; `stack` and the secrets come beside the YAML keys."""

    docker_host: str = setting(
        formats.DOCKER_HOST,
        "The Docker engine; empty for `$DOCKER_HOST`, or the local engine's socket.",
        "",
    )
    docker_socket: str = setting(
        formats.FILE_PATH,
        "The engine's socket on its own host, which Promtail reads. Rootless Docker has another.",
        "/var/run/docker.sock",
    )
    bind_address: str = setting(
        formats.ADDRESS, "The host's address that Grafana and Prometheus listen on.", "127.0.0.1"
    )
    app_networks: tuple[str, ...] = setting(
        formats.NAME, "Existing Docker networks that Prometheus joins to reach its targets.", ()
    )
    keep_volumes: bool = setting(
        formats.BOOLEAN,
        "Whether the volumes, with all data, outlive `pulumi destroy`.",
        default=True,
    )
    labels: Mapping[str, str] = setting(
        formats.TEXT,
        "Labels added to every log line and every scraped series.",
        dict,
        keys=formats.LABEL_NAME,
    )
    jobs: tuple[Job, ...] = setting(None, "What Prometheus scrapes besides the stack itself.", ())
    logs: Logs = setting(None, "Which containers' logs are collected.", Logs)
    container_logs: ContainerLogs = setting(
        None, "Rotation of the four containers' own logs.", ContainerLogs
    )
    prometheus: Prometheus = setting(None, "Prometheus.", Prometheus)
    loki: Loki = setting(None, "Loki.", Loki)
    promtail: Promtail = setting(None, "Promtail.", Promtail)
    grafana: Grafana = setting(None, "Grafana.", Grafana)
    stack: str = field(kw_only=True)
    grafana_admin_password: Secret = field(kw_only=True)
    scrape_secrets: Mapping[str, Secret] = field(kw_only=True, default_factory=dict)

    @property
    def prefix(self) -> str:
        """What every name on the engine begins with, so that environments do not collide."""
        return f"monitoring-{self.stack}"


DEFAULT_IMAGES: Mapping[str, str] = MappingProxyType(
    {cls.__name__.lower(): cls().image for cls in (Prometheus, Loki, Promtail, Grafana)}
)
